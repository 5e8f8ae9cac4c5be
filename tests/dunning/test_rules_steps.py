"""Which days, which mail, and what becomes of a step that is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.billing.facts import Decline
from app.campaigns.planner import Frame, Stage
from app.contacts.rules import SendingHours
from app.dunning.rules.decline import DeclineClass, classify
from app.dunning.rules.policy import DunningPolicy, EndAction, ProviderBehaviour, Schedules
from app.dunning.rules.steps import (
    RETRY_SOON,
    Course,
    Move,
    Send,
    Situation,
    Skip,
    course_of,
    days_of,
    decide_due,
    ends_at,
    mail_name,
    plan_steps,
)
from app.experiments.rules import TREATED

POLICY = DunningPolicy()
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LONDON = Frame(NOON, ZoneInfo("Europe/London"), SendingHours(), NOON + timedelta(days=14))
QUIET = Situation(now=NOON, frame=LONDON, last_contact_at=None, has_address=True)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def course(code: str = "insufficient_funds", *, attempts: int = 1, **more: Any) -> Course:
    treatment = classify(Decline(code="card_declined", decline_code=code, last4="4242"))
    return course_of(replace(treatment, **more), attempts=attempts)


def as_class(decline_class: DeclineClass, *, attempts: int = 1, **more: Any) -> Course:
    treatment = replace(classify(None), decline_class=decline_class, treatment="x", **more)
    return course_of(treatment, attempts=attempts)


@pytest.mark.parametrize(
    ("decline_class", "attempts", "schedule"),
    [
        (DeclineClass.HARD, 1, "hard"),
        (DeclineClass.CARD_DATA, 1, "card_data"),
        (DeclineClass.ACTION, 1, "action"),
        (DeclineClass.SOFT_FUNDS, 1, "soft_funds"),
        (DeclineClass.SOFT_GENERIC, 9, "soft_generic"),
        (DeclineClass.TECHNICAL, 1, "technical"),
        (DeclineClass.TECHNICAL, 2, "soft_generic"),
        (DeclineClass.MERCHANT, 9, "none"),
    ],
)
def test_each_class_has_its_schedule(decline_class: DeclineClass, attempts: int, schedule: str) -> None:
    assert as_class(decline_class, attempts=attempts).schedule == schedule


def test_a_withdrawn_consent_has_a_schedule_of_its_own() -> None:
    treatment = replace(classify(None), decline_class=DeclineClass.HARD, treatment="consent_gone")
    assert course_of(treatment, attempts=1).schedule == "consent_gone"


def policy(access: bool = True, **schedules: Any) -> DunningPolicy:
    provider = ProviderBehaviour(access_while_past_due=access)
    return DunningPolicy(schedules=Schedules(**schedules), provider=provider)


@pytest.mark.parametrize(
    ("decline_class", "access", "wait_hours", "days"),
    [
        (DeclineClass.HARD, True, 0, [0, 3, 7, 14]),
        (DeclineClass.SOFT_FUNDS, True, 0, [5, 10, 20]),
        (DeclineClass.SOFT_FUNDS, False, 0, [0, 5, 10, 20]),
        (DeclineClass.HARD, False, 0, [0, 3, 7, 14]),
        (DeclineClass.TECHNICAL, True, 0, []),
        (DeclineClass.TECHNICAL, False, 0, [0]),
        (DeclineClass.HARD, True, 24, [1, 3, 7, 14]),
        (DeclineClass.ACTION, True, 24, [1, 3, 7]),
        (DeclineClass.SOFT_FUNDS, True, 24, [5, 10, 20]),
        (DeclineClass.MERCHANT, False, 0, None),
    ],
)
def test_days_follow_class_access_and_waiting_time(
    decline_class: DeclineClass, access: bool, wait_hours: int, days: list[int] | None
) -> None:
    assert days_of(as_class(decline_class, mail_wait_hours=wait_hours), policy(access)) == days


@given(st.sampled_from(DeclineClass), st.integers(1, 5), st.booleans(), st.sampled_from([0, 24]))
def test_days_always_rise_and_change_only_with_the_key(
    decline_class: DeclineClass, attempts: int, access: bool, wait: int
) -> None:
    one = as_class(decline_class, attempts=attempts, mail_wait_hours=wait)
    days = days_of(one, policy(access))
    assert days is None or days == sorted(set(days))
    again = as_class(decline_class, attempts=attempts + 1, mail_wait_hours=wait)
    if one.key == again.key:
        assert days_of(again, policy(access)) == days


def test_a_silent_technical_failure_plans_only_the_last_warning() -> None:
    steps = plan_steps(
        as_class(DeclineClass.TECHNICAL), POLICY, LONDON, arm=TREATED, now=NOON, already_sent=0
    )
    assert [(s.stage, s.due_at - NOON) for s in steps] == [(Stage.LAST_WARNING, timedelta(days=11))]
    forever = replace(LONDON, ends_at=None)
    assert (
        plan_steps(as_class(DeclineClass.TECHNICAL), POLICY, forever, arm=TREATED, now=NOON, already_sent=0)
        == []
    )


def test_a_matter_of_the_merchant_plans_no_mail() -> None:
    assert (
        plan_steps(as_class(DeclineClass.MERCHANT), POLICY, LONDON, arm=TREATED, now=NOON, already_sent=0)
        == []
    )


def test_an_empty_schedule_still_warns_before_the_end() -> None:
    steps = plan_steps(course(), policy(soft_funds=[]), LONDON, arm=TREATED, now=NOON, already_sent=0)
    assert [s.stage for s in steps] == [Stage.LAST_WARNING]


@pytest.mark.parametrize(("action", "days"), [("cancel", 10), ("unpaid", 10), ("past_due", None)])
def test_access_ends_with_the_providers_tries_or_never(action: str, days: int | None) -> None:
    provider = ProviderBehaviour(retry_window_days=10, end_action=EndAction(action))
    ends = ends_at(NOON, DunningPolicy(provider=provider))
    assert ends == (NOON + timedelta(days=days) if days else None)


@pytest.mark.parametrize(
    ("subject", "after_trial", "name"),
    [
        (as_class(DeclineClass.ACTION), True, "payment_confirm"),
        (as_class(DeclineClass.HARD), False, "payment_failed_new_method"),
        (as_class(DeclineClass.CARD_DATA), False, "payment_failed_fix_card"),
        (as_class(DeclineClass.SOFT_FUNDS), False, "payment_failed_retrying"),
        (as_class(DeclineClass.TECHNICAL), False, "payment_failed_retrying"),
        (as_class(DeclineClass.HARD), True, "payment_failed_trial"),
    ],
)
def test_the_mail_fits_the_decline(subject: Course, after_trial: bool, name: str) -> None:
    assert mail_name(subject, first_after_trial=after_trial) == name


# A step that is due


def decide(due_at: datetime = NOON, policy: DunningPolicy = POLICY, **changes: Any) -> Any:
    (decision,) = decide_due([(due_at, Stage.REMINDER)], replace(QUIET, **changes), policy)
    return decision


def test_a_due_step_is_sent() -> None:
    assert decide() == Send(Stage.REMINDER)


def test_a_step_goes_up_to_a_day_late_and_not_a_second_more() -> None:
    assert decide(NOON - 24 * HOUR) == Send(Stage.REMINDER)
    assert decide(NOON - 24 * HOUR - SECOND) == Skip(
        "it was due 24 h ago, and nothing older than 24 h is sent"
    )


def test_without_an_address_a_step_is_skipped() -> None:
    assert decide(has_address=False) == Skip("the customer has no e-mail address")


@pytest.mark.parametrize(("state", "wait"), [("received", RETRY_SOON), ("dead", HOUR)])
def test_an_unfinished_event_makes_a_step_wait(state: str, wait: timedelta) -> None:
    decision = decide(unfinished=state)
    assert isinstance(decision, Move)
    assert decision.due_at == NOON + wait


def test_the_spacing_is_kept_to_the_second() -> None:
    assert decide(last_contact_at=NOON - 20 * HOUR) == Send(Stage.REMINDER)
    decision = decide(last_contact_at=NOON - 20 * HOUR + SECOND)
    assert isinstance(decision, Move)
    assert decision.due_at == NOON + timedelta(minutes=1)
    tomorrow = decide(last_contact_at=NOON - HOUR)
    assert tomorrow == Move(
        datetime(2026, 3, 3, 9, 0, tzinfo=UTC), "the last mail went 1 h ago, and one in 20 h is enough"
    )


def test_a_step_waits_for_the_sending_hours() -> None:
    night = NOON.replace(hour=22)
    decision = decide(night, now=night, frame=LONDON)
    assert isinstance(decision, Move)
    assert decision.due_at == datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    before = NOON.replace(hour=17, minute=59)
    assert decide(before, now=before) == Send(Stage.REMINDER)
    closing = NOON.replace(hour=18)
    assert isinstance(decide(closing, now=closing), Move)


def test_of_several_due_steps_only_the_newest_is_looked_at() -> None:
    steps = [(NOON - 3 * HOUR, Stage.FIRST), (NOON - 2 * HOUR, Stage.REMINDER), (NOON, Stage.LAST_WARNING)]
    decisions = decide_due(steps, QUIET, POLICY)
    assert [type(d) for d in decisions] == [Skip, Skip, Send]
    assert decisions[-1] == Send(Stage.LAST_WARNING)
    assert decide_due([], QUIET, POLICY) == []


@given(
    st.lists(st.integers(0, 40 * 3600), min_size=1, max_size=4).map(lambda late: sorted(late, reverse=True)),
    st.none() | st.integers(0, 30 * 3600),
    st.booleans(),
    st.sampled_from([None, "received", "dead"]),
    st.integers(0, 24 * 60),
)
def test_every_due_step_is_sent_moved_on_or_skipped_with_a_reason(
    late: list[int], contact: int | None, has_address: bool, unfinished: str | None, minutes: int
) -> None:
    now = NOON + timedelta(minutes=minutes)
    last = now - timedelta(seconds=contact) if contact is not None else None
    situation = Situation(now, LONDON, last, has_address, unfinished)
    decisions = decide_due([(now - timedelta(seconds=s), Stage.REMINDER) for s in late], situation, POLICY)
    assert len(decisions) == len(late)
    assert all(isinstance(d, Skip) for d in decisions[:-1])
    for decision in decisions:
        match decision:
            case Send():
                assert has_address
                assert unfinished is None
                assert late[-1] <= 24 * 3600
                assert contact is None or contact >= 20 * 3600
            case Skip(reason):
                assert reason
            case Move(due_at, reason):
                assert reason
                assert due_at > now
