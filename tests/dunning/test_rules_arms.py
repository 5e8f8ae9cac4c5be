"""The control arms of dunning: which notices, on which days."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.campaigns.planner import Frame, PlannedStep, Stage
from app.contacts.rules import SendingHours
from app.dunning.rules.arms import WORDS, arm_of, control_days, control_of
from app.dunning.rules.decline import DeclineClass, classify
from app.dunning.rules.policy import DunningPolicy, ProviderBehaviour
from app.dunning.rules.steps import Course, course_of, days_in_arm, days_of, plan_steps
from app.experiments.policy import DunningControl, ExperimentPolicy
from app.experiments.rules import TREATED, is_held_out

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINIMAL, PLATFORM = DunningControl.MINIMAL, DunningControl.PLATFORM
SPEAKING = sorted(set(DeclineClass) - {DeclineClass.MERCHANT})


def course(decline_class: DeclineClass, treatment: str = "x", attempts: int = 1, wait: int = 0) -> Course:
    told = replace(classify(None), decline_class=decline_class, treatment=treatment, mail_wait_hours=wait)
    return course_of(told, attempts=attempts)


def frame(window: int | None = 14, warn: int = 3) -> Frame:
    end = None if window is None else NOON + timedelta(days=window)
    return Frame(NOON, ZoneInfo("Europe/London"), SendingHours(), end, warn)


def planned(subject: Course, arm: str, laid_into: Frame, sent: int = 0) -> list[PlannedStep]:
    return plan_steps(subject, DunningPolicy(), laid_into, arm=arm, now=NOON, already_sent=sent)


@pytest.mark.parametrize(
    ("control", "first_day", "last_day", "days"),
    [
        (MINIMAL, 0, 11, [0, 11]),
        (MINIMAL, 1, 11, [1, 11]),
        (MINIMAL, 0, 2, [0, 2]),
        (MINIMAL, 0, 1, [0]),  # one notice does both
        (MINIMAL, 0, 0, [0]),
        (MINIMAL, 0, None, [0]),
        (PLATFORM, 0, 11, [11]),
        (PLATFORM, 0, 0, [0]),
        (PLATFORM, 0, None, []),
    ],
)
def test_a_control_arm_is_told_at_once_or_not_and_before_the_end(
    control: DunningControl, first_day: int, last_day: int | None, days: list[int]
) -> None:
    assert control_days(control, first_day, last_day) == days


@given(
    st.sampled_from(SPEAKING),
    st.integers(1, 5),
    st.sampled_from([0, 24]),
    st.one_of(st.none(), st.integers(1, 62)),
    st.integers(0, 14),
)
def test_nobody_is_ever_left_in_silence(
    decline_class: DeclineClass, attempts: int, wait: int, window: int | None, warn: int
) -> None:
    """Whatever the decline and however short the time: a notice on the first day, or a day later where the card may
    repair itself, and one that names the end unless both are the same; under `platform` the latter."""
    subject = course(decline_class, attempts=attempts, wait=wait)
    laid_into = frame(window, warn)
    minimal = planned(subject, MINIMAL, laid_into)
    assert len(minimal) in (1, 2)
    assert minimal[0].due_at - NOON <= timedelta(days=1 if wait else 0)
    if window is not None:
        assert [s.stage for s in minimal][-1] is Stage.LAST_WARNING
        assert [s.stage for s in planned(subject, PLATFORM, laid_into)] == [Stage.LAST_WARNING]
    else:
        assert [s.stage for s in minimal] == [Stage.FIRST]


def test_a_first_technical_failure_is_told_to_who_is_held_out() -> None:
    """Our silence for some hours is our treatment."""
    subject = course(DeclineClass.TECHNICAL)
    assert [s.stage for s in planned(subject, TREATED, frame())] == [Stage.LAST_WARNING]
    assert [s.stage for s in planned(subject, MINIMAL, frame())] == [Stage.FIRST, Stage.LAST_WARNING]


@pytest.mark.parametrize("arm", [TREATED, MINIMAL, PLATFORM])
def test_of_a_matter_of_the_merchant_nobody_is_written_to(arm: str) -> None:
    assert planned(course(DeclineClass.MERCHANT), arm, frame()) == []


@pytest.mark.parametrize("arm", [MINIMAL, PLATFORM])
def test_that_a_consent_is_gone_is_told_to_everybody_alike(arm: str) -> None:
    subject, policy = course(DeclineClass.HARD, "consent_gone"), DunningPolicy()
    assert days_in_arm(subject, policy, frame(), arm) == days_of(subject, policy) == [0]


def test_there_is_no_second_first_notice_when_the_plan_is_made_anew() -> None:
    steps = planned(course(DeclineClass.HARD), MINIMAL, frame(), sent=1)
    assert [s.stage for s in steps] == [Stage.LAST_WARNING]


def test_the_configured_schedules_and_a_lock_out_at_once_change_nothing_for_who_is_held_out() -> None:
    locked = DunningPolicy(provider=ProviderBehaviour(access_while_past_due=False))
    subject = course(DeclineClass.SOFT_FUNDS)
    assert days_in_arm(subject, locked, frame(), MINIMAL) == [0, 11]
    assert days_in_arm(subject, locked, frame(), TREATED) == [0, 5, 10, 20]


@pytest.mark.parametrize("arm", ["treated", "treatment", "", "no_offer"])
def test_every_other_arm_is_treated(arm: str) -> None:
    assert control_of(arm) is None


def test_every_control_arm_can_be_told_in_words() -> None:
    assert set(WORDS) == set(DunningControl)


def test_the_arm_is_that_of_the_year_of_the_failure() -> None:
    policy = ExperimentPolicy(holdout_share=0.3)
    late = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    for number in range(200):
        customer = f"cus_{number}"
        for at, year in ((late, 2026), (late + timedelta(minutes=1), 2027)):
            given_arm = arm_of(policy, customer, at)
            assert given_arm.experiment == f"dunning:{year}:0.3:minimal"
            assert (given_arm.arm == "minimal") is is_held_out(0.3, year, customer)
