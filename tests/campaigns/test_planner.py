from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.campaigns.planner import Frame, Stage, fitted, plan
from app.contacts.rules import SendingHours
from tests.contacts.test_hours import is_open, moments, zones

schedules = st.lists(st.integers(0, 40), max_size=6, unique=True).map(sorted)
windows = st.none() | st.integers(1, 62)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "ends_after", "result"),
    [
        ([0, 3, 7, 14], 14, [0, 3, 7, 11]),
        ([5, 10, 20], 14, [5, 11]),
        ([5, 10, 20], 7, [4]),
        ([5, 10, 20], None, [5, 10, 20]),
        ([0, 3, 7], 14, [0, 3, 7]),
        ([0, 3, 7, 11], 14, [0, 3, 7, 11]),
        ([0, 3, 9, 20], 14, [0, 3, 9, 11]),
        ([0, 3, 10, 20], 14, [0, 3, 11]),
        ([0, 3], 2, [0]),
        ([], 14, [11]),
        ([], None, []),
    ],
)
def test_days_are_fitted_to_the_time_that_the_provider_leaves(
    days: list[int], ends_after: int | None, result: list[int]
) -> None:
    assert fitted(days, ends_after, 3) == result


@given(schedules, windows, st.integers(0, 14))
def test_fitted_days_rise_and_leave_the_warning_time(
    days: list[int], window: int | None, warn_days: int
) -> None:
    fit = fitted(days, window, warn_days)
    assert fit == sorted(set(fit))
    if window is None:
        assert fit == days
    else:
        assert fit, "there is always a last warning"
        assert fit[-1] <= max(0, window - warn_days)
        assert set(fit[:-1]) <= set(days)


def frame(
    anchor: datetime, zone: ZoneInfo, window: int | None, warn_days: int = 3, more: timedelta = timedelta(0)
) -> Frame:
    end = anchor + timedelta(days=window) + more if window is not None else None
    return Frame(anchor, zone, SendingHours(), end, warn_days)


@given(schedules, windows, moments, zones, st.integers(0, 14), st.integers(0, 1440))
def test_every_plan_is_inside_the_hours_rising_and_warns_in_time(
    days: list[int], window: int | None, anchor: datetime, zone: ZoneInfo, warn_days: int, minutes: int
) -> None:
    laid = frame(anchor, zone, window, warn_days, timedelta(minutes=minutes))
    steps = plan(days, laid, now=LONG_AGO)
    assert len({s.number for s in steps}) == len(steps)
    assert all(a.due_at < b.due_at for a, b in pairwise(steps))
    for step in steps:
        assert step.due_at >= anchor
        assert is_open(step.due_at, zone)
    if window is None:
        assert all(s.stage != Stage.LAST_WARNING for s in steps)
        return
    assert laid.ends_at is not None
    assert [s.stage == Stage.LAST_WARNING for s in steps] == [False] * (len(steps) - 1) + [True]
    room = laid.ends_at - timedelta(days=warn_days) - anchor
    if room >= timedelta(days=1):  # with less there may be no open minute between failure and warning
        assert laid.ends_at - steps[-1].due_at >= timedelta(days=warn_days)


@given(schedules, windows, moments, zones, st.integers(0, 60 * 24 * 60), st.integers(0, 4))
def test_a_plan_made_later_keeps_the_newest_missed_step_and_what_comes(
    days: list[int], window: int | None, anchor: datetime, zone: ZoneInfo, minutes: int, sent: int
) -> None:
    laid, now = frame(anchor, zone, window), anchor + timedelta(minutes=minutes)
    whole = plan(days, laid, now=LONG_AGO)
    steps = plan(days, laid, now=now, already_sent=sent)
    left = whole[sent:]
    missed, coming = [s for s in left if s.due_at <= now], [s for s in left if s.due_at > now]
    assert [s for s in steps if s in coming] == coming
    assert len(steps) - len(coming) <= 1
    assert all(a.due_at < b.due_at for a, b in pairwise(steps))
    assert all(is_open(s.due_at, zone) and s.due_at >= now for s in steps)
    if missed and not coming:
        assert [(s.number, s.stage) for s in steps] == [(missed[-1].number, missed[-1].stage)]


LONDON = ZoneInfo("Europe/London")
MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def test_the_first_mail_goes_at_once_inside_the_hours() -> None:
    steps = plan([0, 3, 7, 14], frame(MONDAY, LONDON, 14), now=MONDAY - timedelta(seconds=1))
    assert [(s.number, s.stage, s.due_at - MONDAY) for s in steps] == [
        (0, Stage.FIRST, timedelta(0)),
        (1, Stage.REMINDER, timedelta(days=3)),
        (2, Stage.REMINDER, timedelta(days=7)),
        (3, Stage.LAST_WARNING, timedelta(days=11)),
    ]


def test_what_was_sent_is_not_planned_again() -> None:
    steps = plan([0, 3, 7, 14], frame(MONDAY, LONDON, 14), now=MONDAY, already_sent=2)
    assert [s.number for s in steps] == [2, 3]


def test_of_missed_steps_only_the_newest_is_kept_and_goes_when_it_may() -> None:
    night = MONDAY + timedelta(days=8, hours=10)
    steps = plan([0, 3, 7, 14], frame(MONDAY, LONDON, 14), now=night)
    assert [(s.number, s.due_at) for s in steps] == [
        (2, datetime(2026, 3, 11, 9, 0, tzinfo=UTC)),
        (3, MONDAY + timedelta(days=11)),
    ]


def test_a_step_on_the_very_minute_counts_as_missed_and_is_due_at_once() -> None:
    steps = plan([0, 3], frame(MONDAY, LONDON, None), now=MONDAY)
    assert [(s.number, s.due_at) for s in steps] == [(0, MONDAY), (1, MONDAY + timedelta(days=3))]


def test_a_plan_with_everything_sent_is_empty() -> None:
    assert plan([0, 3], frame(MONDAY, LONDON, None), now=MONDAY, already_sent=2) == []


def test_a_missed_step_that_could_only_go_with_the_next_one_is_left_out() -> None:
    evening = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
    steps = plan([0, 1], frame(MONDAY - timedelta(hours=2), LONDON, None), now=evening)
    assert [(s.number, s.due_at) for s in steps] == [(1, datetime(2026, 3, 3, 9, 0, tzinfo=UTC))]


def test_the_warning_moves_to_the_evening_before_if_the_morning_would_be_too_late() -> None:
    dawn = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
    laid = frame(dawn, LONDON, 14)
    last = plan([0, 14], laid, now=LONG_AGO)[-1]
    assert last.due_at == datetime(2026, 3, 12, 17, 59, tzinfo=UTC)
    assert laid.ends_at is not None
    assert laid.ends_at - last.due_at >= timedelta(days=3)
