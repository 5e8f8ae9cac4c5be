"""When the contacts of a sequence fall due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contacts.rules.policy import ContactPolicy
from app.contacts.states import Purpose
from app.winback.rules.policy import HOLDOUT, WinbackPolicy
from app.winback.rules.steps import Anchors, Planned, plan
from app.winback.states import Channel, LapseKind

ZONE = ZoneInfo("Europe/Berlin")
HOURS = ContactPolicy().hours(Purpose.MARKETING)
ENDED = datetime(2026, 6, 1, 10, tzinfo=UTC)  # a Monday
STEPS = WinbackPolicy().steps


def planned(kind: LapseKind, anchors: Anchors, now: datetime = ENDED, **more: set[int]) -> list[Planned]:
    return plan(STEPS[kind], anchors, ZONE, HOURS, now=now, **more)


def days(steps: list[Planned]) -> list[int]:
    return [(s.due_at.date() - ENDED.date()).days for s in steps]


OVER = Anchors(ENDED, None, running=False, early=True)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (LapseKind.INVOLUNTARY, [3, 14, 45]),
        (LapseKind.VOLUNTARY, [30, 91]),  # the ninetieth day is a Sunday
        (LapseKind.SWITCHED, [30]),
        (LapseKind.MOVED, [3, 14]),
        (LapseKind.CLOSED, [3, 14]),
    ],
)
def test_each_kind_has_its_days_on_working_days(kind: LapseKind, wanted: list[int]) -> None:
    """Edge case 44."""
    assert days(planned(kind, OVER)) == wanted


def test_who_still_runs_is_written_to_two_days_after_the_cancellation() -> None:
    cancelled = ENDED - timedelta(days=20)
    running = Anchors(ENDED, cancelled, running=True, early=True)
    assert days(planned(LapseKind.VOLUNTARY, running, cancelled)) == [-18, 30, 91]


def test_where_the_place_asks_for_permission_first_nothing_goes_while_it_runs() -> None:
    cancelled = ENDED - timedelta(days=20)
    running = Anchors(ENDED, cancelled, running=True, early=False)
    assert days(planned(LapseKind.VOLUNTARY, running, cancelled)) == [30, 91]


def test_what_is_decided_is_not_planned_again() -> None:
    assert days(planned(LapseKind.INVOLUNTARY, OVER, gone={0, 1})) == [45]


def test_who_is_enrolled_late_gets_the_newest_contact_at_once_and_none_of_the_older() -> None:
    now = ENDED + timedelta(days=60)
    steps = planned(LapseKind.VOLUNTARY, OVER, now)
    assert [s.number for s in steps] == [1, 2]
    assert steps[0].due_at - now < timedelta(days=4)


def test_letters_and_calls_are_for_who_cannot_be_won_back_by_mail() -> None:
    assert [s.by for s in planned(LapseKind.MOVED, OVER)] == [Channel.MAIL, Channel.LETTER]
    assert [s.by for s in planned(LapseKind.CLOSED, OVER)] == [Channel.MAIL, Channel.CALL]


@given(st.sampled_from(LapseKind), st.integers(0, 400), st.sets(st.integers(0, 3)))
def test_plans_are_in_order_in_the_future_and_within_the_hours(
    kind: LapseKind, late: int, gone: set[int]
) -> None:
    now = ENDED + timedelta(days=late)
    steps = planned(kind, OVER, now, gone=gone)
    assert [s.due_at for s in steps] == sorted(s.due_at for s in steps)
    assert all(s.due_at >= now and s.number not in gone for s in steps)
    assert all(s.due_at.astimezone(ZONE).weekday() < 5 for s in steps)


def test_only_who_left_by_their_own_will_is_offered_anything() -> None:
    """Edge cases 44, 51: a failed card needs no discount, who switched is asked first, the hold-out gets nothing."""
    policy = WinbackPolicy(offers=["month"], reasons={"too_expensive": {"offers": ["half"]}})
    for kind in set(LapseKind) - {LapseKind.VOLUNTARY}:
        assert policy.offers_for(kind, "too_expensive", "treated") == []
    assert policy.offers_for(LapseKind.VOLUNTARY, "too_expensive", "treated") == ["half"]
    assert policy.offers_for(LapseKind.VOLUNTARY, None, "treated") == ["month"]
    assert policy.offers_for(LapseKind.VOLUNTARY, None, HOLDOUT) == []
