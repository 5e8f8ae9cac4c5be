"""Which schedule a case follows, which mail a step sends, and what becomes of a step that is due. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.campaigns.planner import Frame, PlannedStep, Stage, plan
from app.contacts.rules import next_open
from app.dunning.rules.arms import control_days, control_of
from app.dunning.rules.decline import DeclineClass, Treatment
from app.dunning.rules.policy import DunningPolicy, EndAction

RETRY_SOON = timedelta(minutes=1)
SOON_ENOUGH = timedelta(hours=1)
"""A mail that leaves so soon after its decision need not be decided again."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a case is worked: which schedule, from which signal. `key` changes when the plan must."""

    category: DeclineClass
    schedule: str  # a name in Schedules, "technical", or "none"
    treatment: Treatment
    attempts: int

    @property
    def key(self) -> str:
        return f"{self.schedule}+{self.treatment.mail_wait_hours}h"


def course_of(treatment: Treatment, *, attempts: int) -> Course:
    """The schedule for a decline. A technical failure counts as generic once it has failed twice."""
    schedule = treatment.decline_class.value
    if treatment.decline_class == DeclineClass.MERCHANT:
        schedule = "none"
    elif treatment.treatment == "consent_gone":
        schedule = "consent_gone"
    elif treatment.decline_class == DeclineClass.TECHNICAL and attempts >= 2:
        schedule = DeclineClass.SOFT_GENERIC.value
    return Course(treatment.decline_class, schedule, treatment, attempts)


def days_of(course: Course, policy: DunningPolicy) -> list[int] | None:
    """The days of the schedule before it is fitted to the provider; None: no mail at all."""
    if course.schedule == "none":
        return None
    # A first technical failure is silent; only the notice before the end is planned.
    days = [] if course.schedule == "technical" else list(getattr(policy.schedules, course.schedule))
    if not policy.provider.access_while_past_due and (not days or days[0] > 0):
        days = [0, *days]
    if course.treatment.mail_wait_hours and days and days[0] == 0:
        days = sorted({1, *days[1:]})
    return days


def days_in_arm(course: Course, policy: DunningPolicy, frame: Frame, arm: str) -> list[int] | None:
    """The days of a case in its arm. Who is held out gets what the control arm allows, whatever the schedule; that a
    consent is gone is told to everybody alike, and where nobody is written to, nobody is."""
    control = control_of(arm)
    if control is None or course.schedule in ("none", "consent_gone"):
        return days_of(course, policy)
    return control_days(control, 1 if course.treatment.mail_wait_hours else 0, frame.last_day)


def plan_steps(
    course: Course, policy: DunningPolicy, frame: Frame, *, arm: str, now: datetime, already_sent: int
) -> list[PlannedStep]:
    """Dated mails of a case from now on."""
    days = days_in_arm(course, policy, frame, arm)
    if days is None or (not days and frame.ends_at is None):
        return []
    return plan(days, frame, now=now, already_sent=already_sent)


def ends_at(first_failed_at: datetime, policy: DunningPolicy) -> datetime | None:
    """When the provider ends access for this failure; None if it never does."""
    if policy.provider.end_action == EndAction.PAST_DUE:
        return None
    return first_failed_at + timedelta(days=policy.provider.retry_window_days)


def mail_name(course: Course, *, first_after_trial: bool) -> str:
    """The template of a reminder."""
    if course.category == DeclineClass.ACTION:
        return "payment_confirm"
    if course.schedule == "consent_gone":
        return "payment_consent_stopped"
    if first_after_trial:
        return "payment_failed_trial"
    if course.category == DeclineClass.HARD:
        return "payment_failed_new_method"
    if course.category == DeclineClass.CARD_DATA:
        return "payment_failed_fix_card"
    return "payment_failed_retrying"


def spoken_stage(stage: Stage, *, mails_sent: int) -> Stage:
    """As what a step's mail speaks: nobody is reminded of a mail that never went."""
    return Stage.FIRST if stage is Stage.REMINDER and mails_sent == 0 else stage


@dataclass(frozen=True, slots=True)
class Situation:
    """What a due step looks at. `unfinished`: an event of this customer is stored but not processed."""

    now: datetime
    frame: Frame
    last_contact_at: datetime | None
    has_address: bool
    unfinished: str | None = None  # "received" or "dead"


@dataclass(frozen=True, slots=True)
class Send:
    stage: Stage


@dataclass(frozen=True, slots=True)
class Skip:
    reason: str


@dataclass(frozen=True, slots=True)
class Move:
    due_at: datetime
    reason: str


StepDecision = Send | Skip | Move


def decide_due(
    due: Sequence[tuple[datetime, Stage]], situation: Situation, policy: DunningPolicy
) -> list[StepDecision]:
    """One decision for each due mail step, soonest first: only the newest may be sent."""
    if not due:
        return []
    superseded = [Skip("a later step is due as well, and only the newest is sent") for _ in due[:-1]]
    return [*superseded, _decide(*due[-1], situation, policy)]


def _decide(due_at: datetime, stage: Stage, situation: Situation, policy: DunningPolicy) -> StepDecision:
    now, frame = situation.now, situation.frame
    late = now - due_at
    if late > timedelta(hours=policy.late_hours):
        return Skip(f"it was due {_span(late)} ago, and nothing older than {policy.late_hours} h is sent")
    if not situation.has_address:
        return Skip("the customer has no e-mail address")
    if situation.unfinished == "dead":
        return Move(
            now + timedelta(hours=1), "an event of this customer could not be processed; a person is asked"
        )
    if situation.unfinished:
        return Move(now + RETRY_SOON, "an event of this customer is still to be processed")
    return _wait(situation.last_contact_at, now, frame.zone, policy) or Send(stage)


def _wait(
    last_contact_at: datetime | None, now: datetime, zone: ZoneInfo, policy: DunningPolicy
) -> Move | None:
    """Until when a mail must wait for its distance to the last one, or for the morning; None: it need not."""
    return _too_close(last_contact_at, now, zone, policy) or _too_early(now, zone, policy)


def _too_close(
    last_contact_at: datetime | None, now: datetime, zone: ZoneInfo, policy: DunningPolicy
) -> Move | None:
    if last_contact_at is None:
        return None
    free_at = last_contact_at + timedelta(hours=policy.spacing_hours)
    if free_at <= now:
        return None
    ago = _span(now - last_contact_at)
    reason = f"the last mail went {ago} ago, and one in {policy.spacing_hours} h is enough"
    return Move(next_open(free_at, zone, policy.hours), reason)


def _too_early(now: datetime, zone: ZoneInfo, policy: DunningPolicy) -> Move | None:
    open_at = next_open(now, zone, policy.hours)
    if open_at - now <= timedelta(minutes=1):
        return None
    return Move(open_at, "it is outside the sending hours where the customer lives")


def decide_delayed(
    wanted_at: datetime,
    now: datetime,
    zone: ZoneInfo,
    policy: DunningPolicy,
    last_contact_at: datetime | None,
) -> Skip | Move | None:
    """Whether a mail that was decided long ago (a pause, an outage between) may still leave; None: it may.

    `wanted_at` is the first minute at which it could have left; `last_contact_at` when another counted mail
    went meanwhile, None for a mail that need not keep its distance.
    """
    late = now - wanted_at
    if late <= SOON_ENOUGH:
        return _too_close(last_contact_at, now, zone, policy)
    if late > timedelta(hours=policy.late_hours):
        return Skip(f"it was due {_span(late)} ago, and nothing older than {policy.late_hours} h is sent")
    return _wait(last_contact_at, now, zone, policy)


def _span(length: timedelta) -> str:
    hours = int(length.total_seconds() // 3600)
    if hours < 1:
        return f"{int(length.total_seconds() // 60)} min"
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"
