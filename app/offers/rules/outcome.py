"""What has become of an applied grant: how far it is, and when to look again.

Kept or left is dated 30, 60 and 90 days after the first full-price charge has been paid. Inside a free,
discounted or paused time nothing is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MILESTONES = (30, 60, 90)
ANNOUNCE_DAYS = 14
"""Between the 21 and the 7 days before the first full-price charge that statutes and card networks name."""
SLOW_LOOK = timedelta(days=1)


class Outcome(StrEnum):
    KEPT = "kept"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Payment:
    """A renewal of the subscription that was paid. `total_minor`: received after refunds."""

    created_at: datetime
    paid_at: datetime
    total_minor: int


@dataclass(frozen=True, slots=True)
class Course:
    """An applied grant and what our rows tell of its subscription. `left_at`: when it ended, or will end."""

    applied_at: datetime
    full_charge_at: datetime | None
    announced: bool
    left_at: datetime | None
    ends_at: datetime | None = None  # of the benefit, where that is before the first full-price charge
    payments: Sequence[Payment] = ()

    @property
    def turns_at(self) -> datetime | None:
        """When things change for the customer, which is announced before."""
        known = [at for at in (self.full_charge_at, self.ends_at) if at is not None]
        return min(known, default=None)


@dataclass(frozen=True, slots=True)
class Standing:
    """`outcomes` by milestone, those that are known; `announce`: the end of the benefit is told now."""

    full_paid_at: datetime | None
    outcomes: dict[int, Outcome]
    paid_minor: int
    announce: bool
    final: Outcome | None
    look_at: datetime | None


def stand(course: Course, *, now: datetime) -> Standing:
    """How an applied grant stands now."""
    since = [p for p in course.payments if p.paid_at >= course.applied_at]
    full = [
        p
        for p in since
        if course.full_charge_at and p.created_at >= course.full_charge_at - timedelta(days=2)
    ]
    full_paid_at = min((p.paid_at for p in full), default=None)
    gone = course.left_at if course.left_at and course.left_at <= now else None
    outcomes: dict[int, Outcome] = {}
    for days in MILESTONES:
        due = full_paid_at + timedelta(days=days) if full_paid_at else None
        if gone is not None and (due is None or gone < due):
            outcomes[days] = Outcome.LEFT
        elif due is not None and due <= now:
            outcomes[days] = Outcome.KEPT
    announce = _announce(course, gone, now)
    final = outcomes.get(MILESTONES[-1])
    if gone is not None and final is None:
        final = Outcome.LEFT
    look = None if final else _next_look(course, full_paid_at, announce or course.announced, now)
    return Standing(full_paid_at, outcomes, sum(p.total_minor for p in since), announce, final, look)


def _announce(course: Course, gone: datetime | None, now: datetime) -> bool:
    turn = course.turns_at
    if course.announced or gone is not None or turn is None or now >= turn:
        return False
    if course.left_at is not None and course.left_at <= turn:
        return False  # they leave before it: nothing will change
    return now >= turn - timedelta(days=ANNOUNCE_DAYS)


def _next_look(course: Course, full_paid_at: datetime | None, announced: bool, now: datetime) -> datetime:
    if full_paid_at is not None:
        coming = [full_paid_at + timedelta(days=d) for d in MILESTONES]
        return min(t for t in coming if t > now)
    full = course.full_charge_at
    if full is None:
        return now + SLOW_LOOK
    turn = course.turns_at or full
    if not announced and turn - timedelta(days=ANNOUNCE_DAYS) > now:
        return turn - timedelta(days=ANNOUNCE_DAYS)
    return max(full + timedelta(hours=2), now + SLOW_LOOK)
