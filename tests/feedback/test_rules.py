"""Limits of bounces and complaints."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.feedback.rules import Alarm, Tally, alarm, counting_from, rests_until

NOW = datetime(2026, 6, 3, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "complaints", "raised"),
    [
        (0, 0, Alarm.NONE),
        (0, 2, Alarm.LOOK),
        (999, 1, Alarm.NONE),
        (999, 2, Alarm.LOOK),
        (1000, 0, Alarm.NONE),
        (1000, 1, Alarm.WARN),
        (1001, 1, Alarm.NONE),
        (1000, 2, Alarm.WARN),
        (1000, 3, Alarm.STOP),
        (10_000, 9, Alarm.NONE),
        (10_000, 10, Alarm.WARN),
        (10_000, 29, Alarm.WARN),
        (10_000, 30, Alarm.STOP),
    ],
)
def test_a_campaign_is_warned_about_at_one_and_stopped_at_three_in_a_thousand(
    sent: int, complaints: int, raised: Alarm
) -> None:
    assert alarm(Tally(sent, complaints)) is raised


@given(st.integers(0, 100_000), st.integers(0, 1000))
def test_one_complaint_more_never_calms(sent: int, complaints: int) -> None:
    order = list(Alarm)
    assert order.index(alarm(Tally(sent, complaints + 1))) >= order.index(alarm(Tally(sent, complaints)))


def test_a_share_is_told_with_its_two_parts() -> None:
    assert Tally(1600, 5).share == "0.31% (5 of 1,600 mails)"
    assert Tally(0, 2).share == "(2 of 0 mails)"


def test_what_a_person_has_looked_at_counts_no_more() -> None:
    assert counting_from(NOW, None) == NOW - timedelta(days=7)
    assert counting_from(NOW, NOW - timedelta(days=1)) == NOW - timedelta(days=1)
    assert counting_from(NOW, NOW - timedelta(days=30)) == NOW - timedelta(days=7)


def test_four_soft_bounces_in_seven_days_give_the_address_a_rest_of_seven() -> None:
    days = [NOW - timedelta(days=d) for d in (0, 2, 4, 6)]
    assert rests_until(days, NOW) == NOW + timedelta(days=7)
    assert rests_until(days[:3], NOW) is None
    assert rests_until([*days[:3], NOW - timedelta(days=7)], NOW) is None
