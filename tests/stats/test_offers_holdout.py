"""What offers change against who is offered nothing: the same days for both arms, and no number from a few."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from app.core.db import Database
from app.stats.offers import report
from app.stats.offers_holdout import Arm, Compared, Comparison, compare
from app.stats.offers_rules import OfferBy, Receipt
from app.stats.offers_tables import IN_MONEY, as_json, compared_words
from tests.stats.factories import NOW, day
from tests.stats.leavers import grant, leaver, paid, remember_policy, subscriber

AT = day("2026-03-01")
DAY = timedelta(days=1)


def came(held_out: bool, left_after: int | None = None, *received: int, at: datetime = AT) -> Compared:
    """A customer who came to the page, and paid every 30 days from a day later on."""
    receipts = [
        Receipt(at + DAY * (1 + 30 * n), at + DAY * (1 + 30 * n), amount) for n, amount in enumerate(received)
    ]
    left_at = None if left_after is None else at + DAY * left_after
    return Compared(at, "usd", held_out, left_at=left_at, receipts=receipts)


def at_days(found: list[Comparison], days: int) -> Comparison:
    return next(c for c in found if c.days == days)


def test_both_arms_are_measured_on_the_same_days_after_the_visit() -> None:
    """Edge cases 51, 56."""
    offered = [came(False, None, 1450, 1450, 1450)] * 20 + [came(False, 0)] * 20
    held_out = [came(True, 45, 2900, 2900)] * 10 + [came(True, 0)] * 30
    found = compare([*offered, *held_out], now=AT + DAY * 90)
    month = at_days(found, 30)
    assert (month.offered, month.held_out) == (Arm(40, 20, 20 * 1450), Arm(40, 10, 10 * 2900))
    assert month.share_difference == 0.25
    quarter = at_days(found, 90)
    assert (quarter.offered, quarter.held_out) == (Arm(40, 20, 20 * 4350), Arm(40, 0, 10 * 5800))
    assert quarter.share_difference == 0.5
    assert (quarter.offered.net_per_case_minor, quarter.held_out.net_per_case_minor) == (2175, 1450)


def test_below_thirty_customers_in_an_arm_nothing_is_said() -> None:
    many, few = [came(False)] * 200, [came(True)] * 29
    found = at_days(compare([*many, *few], now=NOW), 30)
    assert not found.enough
    assert found.share_difference is None
    assert found.words == "not enough: 29 of 30 held out, 200 of 30 offered"
    assert at_days(compare([*many, *few, came(True)], now=NOW), 30).enough


def test_who_has_not_got_so_far_is_in_neither_arm() -> None:
    found = compare([came(False), came(True), came(True, at=AT + DAY)], now=AT + DAY * 30)
    assert [(c.held_out.cases, c.offered.cases) for c in found] == [(1, 1), (0, 0), (0, 0)]


def test_who_left_on_the_very_day_is_no_longer_subscribed() -> None:
    found = at_days(compare([came(True, 30), came(True, 31)], now=NOW), 30)
    assert found.held_out.subscribed == 1


def test_a_benefit_that_no_invoice_shows_is_taken_off() -> None:
    """Edge case 56."""
    pro = Compared(AT, "usd", False, in_kind_minor=600, receipts=[Receipt(AT, AT, 2900)])
    assert at_days(compare([pro], now=NOW), 30).offered.net_per_case_minor == 2300


def test_currencies_are_compared_apart() -> None:
    found = compare([came(True), Compared(AT, "eur", True)], now=NOW)
    assert [(c.currency, c.days) for c in found] == [(c, d) for c in ("eur", "usd") for d in (30, 60, 90)]


def two_arms(db: Database) -> None:
    """Three offered, two held out, and three who are not compared."""
    remember_policy(db)
    gone = {"status": "canceled", "canceled_at": day("2026-03-01"), "ended_at": day("2026-03-20")}
    later = {"cancel_at": day("2027-01-01"), "canceled_at": day("2026-03-10")}
    people: dict[str, dict[str, Any]] = {
        "a": {},
        "b": gone,
        "c": later,
        "d": {},
        "e": gone,
        "f": {},
        "g": {},
        "h": {},
    }
    for name, told in people.items():
        subscriber(db, name, **told)
    for name in "abc":
        leaver(db, name, "2026-03-01", "saved" if name == "a" else "cancelled")
    for name in "de":
        leaver(db, name, "2026-03-01", "cancelled", experiment_arm="no_offer", propensity=0.2)
    leaver(
        db, "f", "2026-03-01", "saved", experiment="cancellation:2026:0", propensity=1.0
    )  # before there was a hold-out
    leaver(db, "g", "2026-03-01", "cancelled", visits=0)  # never saw the page
    leaver(db, "a", "2026-04-01", "cancelled", case="_2")  # came again: one customer counts once
    grant(db, "a", "2026-03-01", "applied", accepted_at="2026-03-01", applied_at="2026-03-01", kind="upgrade",
          cost_minor=600)  # fmt: skip
    paid(db, "a", 0, "2026-02-20", 2900)  # before the visit
    paid(db, "a", 1, "2026-03-05", 2900, refunded_minor=400)
    paid(db, "a", 2, "2026-04-05", 2900)
    paid(db, "d", 1, "2026-03-05", 2900, disputed_at=day("2026-03-06"), dispute_status="needs_response")
    paid(db, "f", 1, "2026-03-05", 2900)


def test_only_first_visits_of_who_could_have_been_held_out_are_compared(database: Database) -> None:
    """Edge cases 51, 57. Who has cancelled a year's plan for its end has left on the day they said so."""
    two_arms(database)
    with database.read() as session:
        found = report(session, OfferBy.OFFER, now=NOW)
    month = at_days(found.hold_out, 30)
    assert month.offered == Arm(cases=3, subscribed=1, net_minor=2900 - 400 - 600)
    assert month.held_out == Arm(cases=2, subscribed=1, net_minor=0)
    assert at_days(found.hold_out, 60).offered.net_minor == 2500 + 2900 - 600


def test_who_was_drawn_among_several_arms_while_nobody_was_held_out_is_not_compared(
    database: Database,
) -> None:
    """Half of them had a chance below 1, but none to be offered nothing."""
    remember_policy(database)
    for name in "abc":
        subscriber(database, name)
    nobody: dict[str, Any] = {"experiment": "cancellation:2026:0", "propensity": 0.5}
    leaver(database, "a", "2026-03-01", "saved", **nobody)
    leaver(database, "b", "2026-03-01", "cancelled", experiment_arm="generous", **nobody)
    paid(database, "a", 1, "2026-03-05", 2900)
    with database.read() as session:
        assert report(session, OfferBy.OFFER, now=NOW).hold_out == []
    leaver(database, "c", "2026-03-02", "saved", propensity=0.4)  # from now on a fifth is offered nothing
    leaver(database, "a", "2026-03-03", "saved", case="_2", propensity=0.4)  # and a is drawn anew
    with database.read() as session:
        month = at_days(report(session, OfferBy.OFFER, now=NOW).hold_out, 30)
    assert month.offered == Arm(cases=2, subscribed=2, net_minor=2900)


def test_the_table_names_the_proof_in_place_of_a_difference_in_money() -> None:
    """Edge case 51."""
    found = at_days(compare([came(False, None, 2000)] * 30 + [came(True, 0, 1450)] * 30, now=NOW), 30)
    assert compared_words(found) == ("100.0 % against 0.0 %", "$20.00 against $14.50", "+100.0 points")
    assert "reclaim stats proof" in IN_MONEY


def test_a_few_are_only_counted_in_what_is_told(database: Database) -> None:
    two_arms(database)
    with database.read() as session:
        told = as_json(report(session, OfferBy.OFFER, now=NOW))["hold_out"][0]
    assert told["offered"] == {"cases": 3, "subscribed": None, "share": None, "net_per_case_minor": None}
    assert (told["enough"], told["note"]) == (False, "not enough: 2 of 30 held out, 3 of 30 offered")
