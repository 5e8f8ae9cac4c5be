"""What kind of lapse it is; by which way somebody came back; whether they stayed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.billing.states import SubscriptionState
from app.offers.rules.outcome import Payment
from app.winback.rules.lapse import Told, judge
from app.winback.rules.outcome import Departure, Held, came_back, runs_besides, second_life, way_back
from app.winback.states import How, LapseKind, LifeOutcome

NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def ended(**more: Any) -> SubscriptionState:
    known = SubscriptionState("sub_1", NOW, False, "cus_1", "canceled", ended_at=NOW, canceled_at=NOW)
    return replace(known, **more)


@pytest.mark.parametrize(
    ("more", "told", "kind"),
    [
        ({"cancellation_reason": "payment_failed"}, Told(), LapseKind.INVOLUNTARY),
        ({"cancellation_reason": "cancellation_requested"}, Told(), LapseKind.VOLUNTARY),
        ({"cancellation_reason": "cancellation_requested"}, Told(lost_at=NOW - DAY), LapseKind.INVOLUNTARY),
        ({}, Told(reason="too_expensive", lost_at=NOW - DAY), LapseKind.VOLUNTARY),
        ({}, Told(lost_at=NOW - 90 * DAY), LapseKind.VOLUNTARY),
        ({"cancellation_reason": "payment_failed"}, Told(declared=True), LapseKind.VOLUNTARY),
        ({"cancellation_feedback": "switched_service"}, Told(), LapseKind.SWITCHED),
        ({}, Told(reason="switched"), LapseKind.SWITCHED),
        ({}, Told(reason="moved"), LapseKind.MOVED),
        ({}, Told(reason="closed"), LapseKind.CLOSED),
        ({"cancellation_feedback": "unused"}, Told(reason="missing_feature"), LapseKind.VOLUNTARY),
        ({"status": "unpaid"}, Told(), LapseKind.INVOLUNTARY),
    ],
)
def test_the_kind_follows_from_what_is_known(more: dict[str, Any], told: Told, kind: LapseKind) -> None:
    found = judge(ended(**more), told)
    assert found is not None
    assert found.kind is kind


@pytest.mark.parametrize(
    "status", ["active", "trialing", "past_due", "incomplete", "incomplete_expired", "paused"]
)
def test_what_goes_on_or_never_began_is_no_lapse(status: str) -> None:
    assert judge(ended(status=status, ended_at=None, canceled_at=None), Told()) is None


def test_a_scheduled_end_is_a_lapse_that_still_runs() -> None:
    found = judge(ended(status="active", ended_at=None, cancel_at=NOW + 20 * DAY), Told())
    assert found is not None
    assert (found.running, found.ends_at, found.cancelled_at) == (True, NOW + 20 * DAY, NOW)


LEFT = Departure("sub_1", NOW)


def held(key: str, created: datetime, status: str = "active", cancel_at: datetime | None = None) -> Held:
    return Held(key, status, created, cancel_at)


def test_whoever_subscribes_after_they_left_is_back() -> None:
    """Edge case 41."""
    later = held("sub_2", NOW + DAY)
    assert came_back(LEFT, [held("sub_1", NOW - 90 * DAY, "canceled"), later]) == later


def test_whoever_takes_the_end_back_is_back() -> None:
    same = held("sub_1", NOW - 90 * DAY)
    assert came_back(LEFT, [same]) == same


def test_a_plan_that_ran_beside_it_is_no_return_but_stops_the_sequence() -> None:
    """Edge case 43."""
    beside = [held("sub_1", NOW - 90 * DAY, "canceled"), held("sub_0", NOW - 100 * DAY)]
    assert came_back(LEFT, beside) is None
    assert runs_besides(LEFT, beside)


def test_what_ends_or_never_began_is_no_return() -> None:
    for other in (
        held("sub_2", NOW + DAY, "canceled"),
        held("sub_2", NOW + DAY, "incomplete"),
        held("sub_2", NOW + DAY, cancel_at=NOW + 9 * DAY),
    ):
        assert came_back(LEFT, [other]) is None
        assert not runs_besides(LEFT, [other])


@pytest.mark.parametrize(
    ("back", "seen", "how"),
    [
        ("sub_2", {"offer": True, "checkout": True, "clicked": True}, How.OFFER),
        ("sub_2", {"offer": False, "checkout": True, "clicked": True}, How.PAGE),
        ("sub_2", {"offer": False, "checkout": False, "clicked": True}, How.PAGE),
        ("sub_2", {"offer": False, "checkout": False, "clicked": False}, How.NATURAL),
        ("sub_1", {"offer": False, "checkout": False, "clicked": True}, How.STAYED),
        ("sub_1", {"offer": False, "checkout": False, "clicked": False}, How.NATURAL),
    ],
)
def test_a_return_is_claimed_only_with_a_trace_of_ours(back: str, seen: dict[str, bool], how: How) -> None:
    assert way_back(held(back, NOW), LEFT, **seen) is how


def paid(day: int, amount: int = 2900) -> Payment:
    return Payment(NOW + day * DAY, NOW + day * DAY, amount)


def test_a_second_life_is_counted_from_the_first_full_price() -> None:
    """A free month first: within it nothing is said."""
    full = NOW + 30 * DAY
    young = second_life(NOW, full, [paid(0, 0)], None, now=NOW + 29 * DAY)
    assert (young.full_paid_at, young.outcomes) == (None, {})
    old = second_life(NOW, full, [paid(30), paid(60)], None, now=NOW + 125 * DAY)
    assert old.full_paid_at == full
    assert old.outcomes == {30: LifeOutcome.KEPT, 60: LifeOutcome.KEPT, 90: LifeOutcome.KEPT}
    assert old.paid_minor == 5800


def test_who_leaves_again_before_a_milestone_has_left_at_it() -> None:
    life = second_life(NOW, None, [paid(0)], NOW + 70 * DAY, now=NOW + 80 * DAY)
    kept, left = LifeOutcome.KEPT, LifeOutcome.LEFT
    assert life.outcomes == {30: kept, 60: kept, 90: left, 365: left}
    assert life.left_at == NOW + 70 * DAY
