"""What offers took off invoices, for the column beside net revenue kept."""

from __future__ import annotations

from typing import Any

from app.cases.states import CaseKind
from app.core.db import Database
from app.offers.models import Grant
from app.proof.gathering import winback
from app.proof.gathering.discounts import discounts
from tests.proof.people import add, case_of, invoice, lapse, subscription, upgrade
from tests.stats.factories import day

RENEWAL: dict[str, Any] = {"billing_reason": "subscription_cycle"}


def half_off(name: str, applied: str, full: str, **fields: Any) -> Grant:
    """Half of 29.00 for three months, 43.50 in all."""
    grant = upgrade(name, 4350)
    grant.kind, grant.applied_at, grant.full_charge_at = "percent_off", day(applied), day(full)
    grant.terms = {"price_minor": 2900, "charged_minor": 1450, "saved_minor": 4350}
    for field, value in fields.items():
        setattr(grant, field, value)
    return grant


def taken_off(db: Database, kind: CaseKind) -> dict[str, list[int]]:
    with db.read() as session:
        return {case: [t.amount_minor for t in taken] for case, taken in discounts(session, kind).items()}


def test_it_is_of_renewals_between_the_offer_and_the_full_price(database: Database) -> None:
    """And 43.50 in all at most, as the terms say: a fourth renewal before the full price has nothing left."""
    add(
        database,
        case_of("a", "cancellation", "no_offer", "2026-03-01", subject_id="sub_a"),
        half_off("a", "2026-03-10", "2026-08-01"),
        invoice("a", 0, "2026-03-05", 2900, **RENEWAL),  # before the offer was in place
        invoice("a", 1, "2026-03-12", 500, billing_reason="subscription_update"),
        *(invoice("a", m, f"2026-0{m}-05", 1450, **RENEWAL) for m in range(4, 8)),
        invoice("a", 8, "2026-07-31", 2900, **RENEWAL),  # the full price, a day early
    )
    assert taken_off(database, CaseKind.CANCELLATION) == {"case_a": [1450, 1450, 1450]}


def test_an_upgrade_takes_nothing_off(database: Database) -> None:
    add(
        database,
        case_of("a", "cancellation", "no_offer", "2026-03-01", subject_id="sub_a"),
        half_off("a", "2026-03-01", "2026-08-01", kind="upgrade"),
        invoice("a", 1, "2026-04-05", 2900, **RENEWAL),
    )
    assert taken_off(database, CaseKind.CANCELLATION) == {}


def test_who_comes_back_has_it_from_the_first_invoice_on(database: Database) -> None:
    """The provider makes that one before we hear of it. Two were paid within 90 days of the end, four in a year."""
    opened = "2026-03-01"
    add(
        database,
        lapse("a", opened),
        case_of("a", "winback", "no_mail", opened, subject_id="sub_a", category="voluntary"),
        subscription("a", id="sub_a_new", created_at=day("2026-03-20")),
        half_off("a", "2026-03-21", "2026-06-20", subscription_id="sub_a_new"),
    )
    new: dict[str, Any] = {"subscription_id": "sub_a_new"}
    add(
        database,
        invoice("a", 1, "2026-03-20", 1450, billing_reason="subscription_create", **new),
        invoice("a", 2, "2026-04-20", 1450, **RENEWAL, **new),
        invoice("a", 3, "2026-06-02", 1450, **RENEWAL, **new),  # not within 90 days
        invoice("a", 4, "2026-06-20", 2900, **RENEWAL, **new),
    )
    with database.read() as session:
        [found] = winback.gather(session)
    assert found.parts is not None
    assert found.year is not None
    assert (found.parts.received_minor, found.parts.discount_minor) == (2900, 2900)
    assert (found.year.received_minor, found.year.discount_minor) == (7250, 4350)
    assert found.unit.value_minor == 2900
