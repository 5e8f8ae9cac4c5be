"""Whether somebody came back, by which way, and whether they stayed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.offers.rules.outcome import Payment
from app.winback.states import How, LifeOutcome

MILESTONES = (30, 60, 90, 365)
RUNNING = frozenset({"active", "trialing", "past_due"})
CHANGE_OF_PLAN = timedelta(days=1)
"""A subscription that begins so soon after another one's end takes its place: nobody had left."""


@dataclass(frozen=True, slots=True)
class Held:
    """A subscription of the same person, as it is now."""

    id: str
    status: str
    created_at: datetime | None
    cancel_at: datetime | None
    price_minor: int | None = None

    @property
    def stays(self) -> bool:
        return self.status in RUNNING and self.cancel_at is None


@dataclass(frozen=True, slots=True)
class Departure:
    """`since`: when they left, by the cancellation or the end, whichever came first."""

    subscription_id: str
    since: datetime


def came_back(left: Departure, held: Iterable[Held]) -> Held | None:
    """The subscription by which they are back: the same one that runs on, or the first that began after they left."""
    found = [h for h in held if h.stays and (h.id == left.subscription_id or _later(h, left.since))]
    return min(found, key=lambda h: (h.created_at or left.since, h.id), default=None)


def came_back_later(left: Departure, held: Iterable[Held]) -> Held | None:
    """As `came_back`, for whom no sequence goes on: by a new subscription only, and a change of plan is no return."""
    rows = list(held)
    if runs_besides(left, [h for h in rows if not _later(h, left.since + CHANGE_OF_PLAN)]):
        return None
    return came_back(left, [h for h in rows if h.id != left.subscription_id])


def runs_besides(left: Departure, held: Iterable[Held]) -> bool:
    """Whether another subscription runs."""
    return any(h.stays and h.id != left.subscription_id for h in held)


def _later(held: Held, since: datetime) -> bool:
    return held.created_at is not None and held.created_at >= since


def way_back(back: Held, left: Departure, *, checkout: bool, offer: bool, clicked: bool) -> How:
    """By which way. What we neither offered nor were clicked for is natural, and not claimed.

    `checkout`: this subscription came through ours; `offer`: with what we offered; `clicked`: they were at our page.
    """
    if offer:
        return How.OFFER
    if checkout:
        return How.PAGE
    if not clicked:
        return How.NATURAL
    return How.STAYED if back.id == left.subscription_id else How.PAGE


@dataclass(frozen=True, slots=True)
class Life:
    """A life after the return. `outcomes` by milestone, those that are known."""

    full_paid_at: datetime | None
    outcomes: dict[int, LifeOutcome]
    paid_minor: int
    left_at: datetime | None


def second_life(
    returned_at: datetime,
    full_charge_at: datetime | None,
    payments: Sequence[Payment],
    left_at: datetime | None,
    *,
    now: datetime,
) -> Life:
    """How the life after the return stands.

    `full_charge_at`: where an offer put the first full price off; else the first payment is it.
    """
    since = [p for p in payments if p.paid_at >= returned_at and p.total_minor > 0]
    full = [p for p in since if full_charge_at is None or p.created_at >= full_charge_at - timedelta(days=2)]
    full_paid_at = min((p.paid_at for p in full), default=None)
    gone = left_at if left_at is not None and left_at <= now else None
    outcomes: dict[int, LifeOutcome] = {}
    for days in MILESTONES:
        due = full_paid_at + timedelta(days=days) if full_paid_at else None
        if gone is not None and (due is None or gone < due):
            outcomes[days] = LifeOutcome.LEFT
        elif due is not None and due <= now:
            outcomes[days] = LifeOutcome.KEPT
    return Life(full_paid_at, outcomes, sum(p.total_minor for p in since), gone)
