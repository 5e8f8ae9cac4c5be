"""One unbroken time of one customer over all their subscriptions."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.billing.models import Customer, Subscription
from app.core.db import Database
from app.core.marks import note
from app.stats.retention_raw import JOINED, LEFT
from app.stats.rollups.reading import read
from app.stats.rules import Window
from app.stats.tenures_models import TenureRow
from app.stats.tenures_rules import Served, began_at, plan_of, tenures
from tests.rollups import keep
from tests.stats.factories import day
from tests.stats.leavers import leaver, remember_policy
from tests.stats.subscribers import customer, invoice, subscriber, subscription


def served(key: str, began: str, ended: str | None = None, **fields: Any) -> Served:
    return Served(key, day(began), day(ended) if ended else None, **fields)


def test_an_upgrade_by_another_subscription_goes_on_unbroken_and_a_later_return_begins_anew() -> None:
    old = served("a", "2026-01-01", "2026-03-01", reason="switched plan")
    new = served("b", "2026-03-01T20:00", "2026-05-01", involuntary=True)
    again = served("c", "2026-05-02T00:01", None)
    found = tenures([again, new, old])
    assert [(t.number, t.began_at, t.ended_at) for t in found] == [
        (1, day("2026-01-01"), day("2026-05-01")),
        (2, day("2026-05-02T00:01"), None),
    ]
    assert found[0].last is new


def test_who_has_two_subscriptions_leaves_with_the_last_of_them() -> None:
    long, short = served("a", "2026-01-01", None), served("b", "2026-02-01", "2026-03-01")
    assert tenures([long, short]) == tenures([short, long])
    [only] = tenures([long, short])
    assert only.ended_at is None
    [ended] = tenures([served("a", "2026-01-01", "2026-04-01", reason="late"), short])
    assert (ended.ended_at, ended.last.reason) == (day("2026-04-01"), "late")


def test_paid_time_begins_after_the_trial_and_a_trial_that_is_given_later_changes_nothing() -> None:
    created, trial = day("2026-01-01"), day("2026-01-15")
    assert began_at(created, trial, day("2026-01-15T01:00")) == trial
    assert began_at(created, day("2026-06-01"), day("2026-01-01T01:00")) == created
    assert began_at(created, None, None) == created
    assert began_at(None, None, trial) == trial


@pytest.mark.parametrize(
    ("interval", "count", "term"),
    [
        ("month", 1, "month"),
        ("month", 12, "year"),
        ("month", 3, "3 months"),
        ("year", None, "year"),
        (None, 1, None),
    ],
)
def test_the_length_of_a_term_is_a_word(interval: str | None, count: int | None, term: str | None) -> None:
    assert plan_of([{"interval": interval, "interval_count": count}]).term == term


def rows(db: Database) -> dict[str, list[tuple[str, str | None]]]:
    keep(db, JOINED, LEFT)
    found: dict[str, list[tuple[str, str | None]]] = {}
    with db.read() as session:
        for row in session.scalars(select(TenureRow).order_by(TenureRow.customer_id, TenureRow.number)):
            ended = f"{row.ended_at:%m-%d}" if row.ended_at else None
            found.setdefault(row.customer_id, []).append((f"{row.began_at:%m-%d}", ended))
    return found


def test_only_who_paid_has_a_tenure_and_staff_and_tests_have_none(database: Database) -> None:
    subscriber(database, "paying", "2026-01-05")
    subscriber(database, "staff", "2026-01-05", flags=("staff",))
    subscriber(database, "test", "2026-01-05", flags=("test",))
    customer(database, "trial")
    subscription(database, "trial", "2026-01-05", "2026-01-19", trial_end_at="2026-01-19")
    customer(database, "first_never_paid")
    subscription(database, "first_never_paid", "2026-01-05", status="incomplete_expired")
    subscriber(database, "after_trial", "2026-01-05", "2026-04-19", trial_end_at="2026-01-19")
    invoice(database, "after_trial", "2026-01-19")
    customer(database, "nothing_yet")
    subscription(database, "nothing_yet", "2026-06-05")
    assert rows(database) == {"cus_paying": [("01-05", None)], "cus_after_trial": [("01-05", "04-19")]}


def test_an_end_that_is_scheduled_is_none_yet_and_one_that_was_mended_is_none_any_more(
    database: Database,
) -> None:
    subscriber(database, "a", "2026-01-05", cancel_at="2026-12-05")
    subscriber(database, "b", "2026-01-05", "2026-05-05")
    assert rows(database) == {"cus_a": [("01-05", None)], "cus_b": [("01-05", "05-05")]}
    with database.write() as session:
        again = session.get_one(Subscription, "sub_b")
        again.status, again.ended_at = "active", None
        note(session, "subscriptions", ["cus_b"])
    assert rows(database)["cus_b"] == [("01-05", None)]
    with database.read() as session:
        assert read(session, LEFT, [], Window()) == {}


def test_how_a_tenure_ended_is_told_with_its_reason(database: Database) -> None:
    remember_policy(database)
    subscriber(database, "moved", "2026-01-05", "2026-05-05")
    leaver(database, "moved", "2026-04-20", "cancelled", category="moved")
    subscriber(database, "dear", "2026-01-05", "2026-05-05", cancellation_feedback="too_expensive")
    subscriber(database, "silent", "2026-01-05", "2026-05-05")
    subscriber(database, "late", "2026-01-05", "2026-05-05", cancellation_reason="payment_failed")
    subscriber(database, "dead", "2026-01-05", "2026-05-05", flags=("deceased",))
    keep(database, JOINED, LEFT)
    with database.read() as session:
        found = {
            row.customer_id[4:]: (row.involuntary, row.reason, row.structural)
            for row in session.scalars(select(TenureRow))
        }
    assert found == {
        "moved": (False, "moved", True),
        "dear": (False, "too_expensive", False),
        "silent": (False, None, None),
        "late": (True, None, None),
        "dead": (False, None, True),
    }


def test_the_tenures_of_an_erased_person_stay_as_they_were(database: Database) -> None:
    """Their rows bear another name by then, and have lost the reason."""
    subscriber(database, "a", "2026-01-05", "2026-05-05", cancellation_feedback="too_expensive")
    keep(database, JOINED, LEFT)
    with database.write() as session:
        session.delete(session.get_one(Customer, "cus_a"))
        session.get_one(Subscription, "sub_a").cancellation_feedback = None
        note(session, "subscriptions", ["cus_a"])
    keep(database, JOINED, LEFT)
    with database.read() as session:
        [row] = session.scalars(select(TenureRow))
    assert (row.reason, row.structural) == ("too_expensive", False)
