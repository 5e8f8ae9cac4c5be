"""The report's figures, against answers that are written out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from app.core.db import Database
from app.outbox.models import Mail
from app.outbox.service import NOBODY
from app.reports.figures import context_of
from app.reports.rules import edition_at
from tests.feedback.factories import add, mail
from tests.rollups import keep
from tests.stats.factories import day, late_invoice
from tests.stats.leavers import leaver, remember_policy, subscriber

MAY = edition_at(datetime(2026, 6, 10, tzinfo=UTC), UTC)  # tells of May, and of payments that failed in April


def told(db: Database) -> dict[str, Any]:
    keep(db)
    with db.read() as session:
        return context_of(session, MAY, "https://acme.example")


def usd(minor: int) -> dict[str, Any]:
    return {"amount_minor": minor, "currency": "usd"}


def test_payments_are_those_that_failed_in_the_month_before_each_currency_for_itself(
    database: Database,
) -> None:
    """By hand, dollars: at risk 1000 + 2000 + 3000 = 6000; collected 1000 + (2000 - 500) = 2500, 1000 of it before
    any mail; 3000 still owed. A first charge after a trial, March and May are not in it."""
    mailed = {"contacts": 1, "first_contact_at": day("2026-04-03")}
    late_invoice(database, "a", "2026-04-01", 1000, result="paid", paid_minor=1000, paid_at=day("2026-04-02"))
    late_invoice(database, "b", "2026-04-02", 2000, result="paid", paid_minor=2000, returned_minor=500,
                 paid_at=day("2026-04-09"), **mailed)  # fmt: skip
    late_invoice(database, "c", "2026-04-30T23:59", 3000)
    late_invoice(
        database, "d", "2026-04-10", 900, currency="eur", result="lost", settled_at=day("2026-04-24")
    )
    late_invoice(database, "e", "2026-04-10", 7777, first_after_trial=True)
    late_invoice(database, "f", "2026-03-31T23:59", 7777)
    late_invoice(database, "g", "2026-05-01", 7777)
    euros, dollars = told(database)["payments"]["currencies"]
    assert dollars == {
        "count": 3,
        "at_risk": usd(6000),
        "collected": usd(2500),
        "silent": usd(1000),
        "open": 1,
    }
    assert (euros["count"], euros["at_risk"], euros["collected"]["amount_minor"]) == (
        1,
        {"amount_minor": 900, "currency": "eur"},
        0,
    )


def test_cancellations_are_those_of_the_month(database: Database) -> None:
    """By hand: of May one saved, one cancelled, one cancelled elsewhere without a visit; one more of April."""
    remember_policy(database)
    for name in "abcd":
        subscriber(database, name)
    leaver(database, "a", "2026-05-01", "saved")
    leaver(database, "b", "2026-05-20", "cancelled")
    leaver(database, "c", "2026-05-31T23:59", "cancelled", visits=0)
    leaver(database, "d", "2026-04-30T23:59", "cancelled")
    found = told(database)["cancellations"]
    assert (found["asked"], found["cancelled"], found["saved"]) == (3, 2, 1)


def test_mails_are_those_to_customers_and_the_report_itself_is_none(database: Database) -> None:
    may, june = day("2026-05-10"), day("2026-06-01")
    add(
        database,
        mail("1", settled_at=may),
        mail("2", settled_at=may, complained_at=june),
        mail("3", settled_at=may, state="unknown"),
        mail("4", settled_at=june),
        Mail(
            id="mail_r", key="report:2026-04:a@b.c", name="owner_report", purpose="confirmation",
            customer_id=NOBODY, state="sent", context={}, locale="en", to_address="a@b.c", due_at=may,
            created_at=may, settled_at=may,
        ),
    )  # fmt: skip
    found = told(database)["mail"]
    assert (found["sent"], found["complained"], found["unknown"]) == (2, 1, 1)


def test_every_part_leads_to_its_page(database: Database) -> None:
    context = told(database)
    pages = [context[part]["page_url"] for part in ("payments", "cancellations", "winback", "mail")]
    assert pages == [
        f"https://acme.example/ops/{name}" for name in ("dunning", "cancellations", "winback", "mail")
    ]
