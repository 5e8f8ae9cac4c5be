"""The product's own decision code, asked about each kind of failure once.

Nothing is decided here: the decline is classified, the schedule planned and fitted, and the due step
decided by `app.dunning` and `app.campaigns`, under the defaults of `DunningPolicy`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from app.billing.facts import Decline
from app.campaigns.planner import Frame, PlannedStep, Stage
from app.dunning.rules.decline import classify
from app.dunning.rules.policy import DunningPolicy
from app.dunning.rules.steps import Move, Send, Situation, course_of, decide_due, ends_at, plan_steps
from app.experiments.rules import TREATED
from simulator.arrays import Ints
from simulator.observation import NO_MAIL, Observation
from simulator.world import CODES, DAYS, MAILS

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
"""Of the day of every failure; hours are the customer's own, so one zone without summer time will do."""

ZONE = ZoneInfo("UTC")
DAY = timedelta(days=1)
DISTINCT_ATTEMPTS = 3  # no rule tells a third attempt from a tenth
SHAPE = (len(CODES), 24, DISTINCT_ATTEMPTS + 1, MAILS + 1, 24 * DAYS + 1)


@dataclass(frozen=True, slots=True)
class Case:
    """One late payment on the morning of a day, as the product sees it."""

    decline_code: str
    failed_hour: int
    day: int
    attempts: int
    mails: int
    last_mail_hour: int  # since midnight of the day of the failure, -1 before the first


def decide(case: Case, policy: DunningPolicy, arm: str = TREATED) -> int:
    """The hour of this day at which a mail leaves, NO_MAIL for none."""
    decline = Decline(decline_code=case.decline_code, method_type="card")
    course = course_of(classify(decline), attempts=case.attempts)
    failed_at = MIDNIGHT + timedelta(hours=case.failed_hour)
    morning = max(failed_at, MIDNIGHT + case.day * DAY)
    evening = MIDNIGHT + (case.day + 1) * DAY
    frame = Frame(failed_at, ZONE, policy.hours, ends_at(failed_at, policy), policy.warn_days)
    last = MIDNIGHT + timedelta(hours=case.last_mail_hour) if case.mails else None
    planned = plan_steps(course, policy, frame, arm=arm, now=morning, already_sent=case.mails)
    due = [step for step in planned if step.due_at < evening]
    return _leaves_at(due, frame, last, evening, policy)


def _leaves_at(
    due: list[PlannedStep], frame: Frame, last: datetime | None, evening: datetime, policy: DunningPolicy
) -> int:
    """When the newest due step leaves today, after every wait that the rules ask for."""
    if not due:
        return NO_MAIL
    now = due[-1].due_at
    steps = [(step.due_at, step.stage or Stage.REMINDER) for step in due]
    while now < evening:
        match decide_due(steps, Situation(now, frame, last, has_address=True), policy)[-1]:
            case Send():
                return now.hour
            case Move(due_at):
                now = due_at
            case _:
                return NO_MAIL
    return NO_MAIL


@dataclass(frozen=True)
class Ours:
    """The product with these settings, as it treats one arm of its experiment. Equal cases are decided once."""

    settings: DunningPolicy = field(default_factory=DunningPolicy)
    arm: str = TREATED
    name: str = "ours"
    decided: dict[Case, int] = field(default_factory=dict, repr=False)

    def mails_at(self, seen: Observation) -> Ints:
        columns = (
            seen.decline_code,
            seen.failed_hour,
            np.minimum(seen.attempts, DISTINCT_ATTEMPTS),
            seen.mails,
            seen.last_mail_hour + 1,
        )
        packed = np.ravel_multi_index(columns, SHAPE)
        kinds, which = np.unique(packed, return_inverse=True)
        cases = np.stack(np.unravel_index(kinds, SHAPE), axis=1).tolist()
        return np.array([self._hour(seen.day, *case) for case in cases])[which]

    def _hour(self, day: int, code: int, hour: int, attempts: int, mails: int, last: int) -> int:
        case = Case(CODES[code], hour, day, attempts, mails, last - 1)
        if case not in self.decided:
            self.decided[case] = decide(case, self.settings, self.arm)
        return self.decided[case]
