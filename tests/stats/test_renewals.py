"""Terms that ended, and what became of each."""

from __future__ import annotations

import json
from datetime import date

import pytest

from app.core.db import Database
from app.stats.cancellations_rules import Share
from app.stats.renewals import RenewalReport, report
from app.stats.renewals_raw import CYCLES, ENDS
from app.stats.renewals_rules import (
    Place,
    RenewalBy,
    RenewalFigures,
    Subscribed,
    by_cycle,
    by_end,
    reason_of,
)
from app.stats.renewals_tables import COLUMNS, as_csv, as_json, write
from app.stats.rules import Window
from app.stats.tables import Format
from tests.rollups import keep
from tests.stats.factories import NOW, day
from tests.stats.subscribers import customer, invoice, subscription

RUNS = Subscribed(over=False)
LEFT = Subscribed(over=True, involuntary=False, reason="too_expensive")
LOST = Subscribed(over=True, involuntary=True)
AT = day("2026-03-05")


@pytest.mark.parametrize(
    ("invoice", "subscribed", "place"),
    [
        ("paid", RUNS, Place.RENEWED),
        ("paid", LEFT, Place.RENEWED),  # they left in a later term
        ("open", RUNS, Place.PENDING),
        ("draft", RUNS, Place.PENDING),
        ("void", RUNS, Place.WAIVED),
        ("uncollectible", RUNS, Place.UNPAID),
        ("open", LEFT, Place.CANCELLED),
        ("void", LOST, Place.UNPAID),
    ],
)
def test_the_invoice_of_the_next_cycle_tells_what_became_of_a_term(
    invoice: str, subscribed: Subscribed, place: Place
) -> None:
    assert by_cycle(AT, invoice, subscribed) is place


def test_a_trial_is_no_term_and_its_first_charge_no_renewal() -> None:
    trial = Subscribed(over=True, involuntary=False, trial_end_at=day("2026-03-04"))
    assert by_cycle(AT, "paid", trial) is None
    assert by_cycle(day("2026-04-04"), "paid", trial) is Place.RENEWED
    assert by_end(day("2026-03-04"), "paid", trial) is None
    assert by_end(day("2026-04-04"), "paid", trial) is Place.CANCELLED


def test_the_last_term_of_who_left_is_due_where_it_was_paid_for() -> None:
    assert by_end(AT, "paid", LEFT) is Place.CANCELLED
    assert by_end(AT, None, LEFT) is Place.CANCELLED  # we watched too late to know
    assert by_end(AT, "paid", LOST) is Place.UNPAID
    assert by_end(AT, "void", LOST) is None  # the term before was due, and not paid: counted there
    assert reason_of(Place.CANCELLED, LEFT) == "too_expensive"
    assert reason_of(Place.CANCELLED, Subscribed(over=True)) == "no reason told"
    assert reason_of(Place.UNPAID, LOST) == "payment failed"
    assert reason_of(Place.RENEWED, RUNS) == "renewed"


def a_spring_of_terms(db: Database) -> None:
    """Eight subscriptions, of which every term can be told by hand."""
    for name in "abcdefgh":
        customer(db, name)
    # a: renewed in March and April. b: cancelled on 20 March, its term ran until 5 April.
    subscription(db, "a", "2026-02-05", period_end_at="2026-05-05")
    invoice(db, "a", "2026-03-05")
    invoice(db, "a", "2026-04-05")
    subscription(db, "b", "2026-02-05", "2026-03-20", period_end_at="2026-04-05", latest_invoice_id="in_b_2026-03-05",
                 cancellation_feedback="too_expensive")  # fmt: skip
    invoice(db, "b", "2026-03-05")
    # c: March was not paid, the provider ended it in April. Its period_end_at is of the term that nobody paid for.
    subscription(db, "c", "2026-02-05", "2026-04-02", period_end_at="2026-04-05", latest_invoice_id="in_c_2026-03-05",
                 cancellation_reason="payment_failed")  # fmt: skip
    invoice(db, "c", "2026-03-05", status="uncollectible")
    # d: April is late and may be paid yet. e: paused in April. f: a free month by an offer is a renewal, too.
    subscription(db, "d", "2026-03-06", status="past_due")
    invoice(db, "d", "2026-04-06", status="open")
    subscription(db, "e", "2026-03-06")
    invoice(db, "e", "2026-04-06", status="void")
    subscription(db, "f", "2026-03-06")
    invoice(db, "f", "2026-04-06", 0)
    # g: a yearly one, renewed. h: trial until 19 March, then one paid term, left at its end.
    subscription(db, "g", "2025-04-07", interval="year", price="price_year")
    invoice(db, "g", "2026-04-07", 20000, price_id="price_year", label=None)
    subscription(db, "h", "2026-03-05", "2026-04-19", trial_end_at="2026-03-19", period_end_at="2026-04-19",
                 latest_invoice_id="in_h_2026-03-19")  # fmt: skip
    invoice(db, "h", "2026-03-05", 0, billing_reason="subscription_create")
    invoice(db, "h", "2026-03-19")


def ask(db: Database, by: RenewalBy, first: str = "", last: str = "") -> RenewalReport:
    keep(db, CYCLES, ENDS)
    window = Window(date.fromisoformat(first), date.fromisoformat(last)) if first else None
    with db.read() as session:
        return report(session, by, window, now=NOW)


def test_every_term_that_ended_is_due_in_its_month_cancelled_early_or_not(database: Database) -> None:
    a_spring_of_terms(database)
    rows = ask(database, RenewalBy.MONTH).rows
    assert {(row.group, row.term): row.figures for row in rows} == {
        ("2026-03", "month"): RenewalFigures(renewed=2, unpaid=1),  # a b; c
        # a f; d; e; b h
        ("2026-04", "month"): RenewalFigures(renewed=2, pending=1, waived=1, cancelled=2),
        ("2026-04", "year"): RenewalFigures(renewed=1),
    }
    april = rows[1].figures
    assert (april.due, april.rate) == (6, Share(2, 6))


def test_the_reasons_of_the_rest_stand_beside_the_renewed(database: Database) -> None:
    a_spring_of_terms(database)
    rows = ask(database, RenewalBy.REASON, "2026-03-01", "2026-04-30").rows
    assert [(r.term, r.group, r.figures.due) for r in rows] == [
        ("month", "renewed", 4),
        ("month", "no reason told", 1),
        ("month", "payment failed", 1),
        ("month", "pending", 1),
        ("month", "too_expensive", 1),
        ("month", "waived", 1),
        ("year", "renewed", 1),
    ]
    names = {r.name for r in ask(database, RenewalBy.PLAN).rows}
    assert names == {"Team plan", None}


def test_a_term_that_is_still_to_end_is_not_due_yet(database: Database) -> None:
    """Cancelled at once on 1 June, paid until 5 July; today is 10 June."""
    customer(database, "a")
    subscription(database, "a", "2026-05-05", "2026-06-01", period_end_at="2026-07-05")
    assert ask(database, RenewalBy.MONTH).rows == []


@pytest.mark.same_on_both
def test_the_report_as_text_is_the_report(database: Database) -> None:
    assert as_csv(ask(database, RenewalBy.MONTH)).strip() == ",".join(COLUMNS)
    a_spring_of_terms(database)
    found = ask(database, RenewalBy.MONTH)
    told = as_json(found)
    assert told == json.loads(json.dumps(told))
    assert (told["data"][1]["due"], told["data"][1]["renewal_rate"]) == (6, 0.333333)
    assert as_csv(found).splitlines()[1] == "2026-03,,month,3,2,0,0,0,1,0.666667"
    for form in Format:
        assert write(found, form)
    reasons = as_json(ask(database, RenewalBy.REASON))["data"]
    assert {row["renewal_rate"] for row in reasons} == {
        None
    }  # who left for one reason was not renewed at all
