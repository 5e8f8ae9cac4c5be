"""Whether a subscription has lapsed, when, and of what kind. Pure; looks at its state, never at an event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.billing.states import SubscriptionState
from app.winback.states import LapseKind

BY_PAYMENT = frozenset({"payment_failed", "canceled_by_retention_policy"})
"""The provider's own words for an end that the customer did not ask for."""
KIND_OF_REASON = {
    "switched": LapseKind.SWITCHED,
    "switched_service": LapseKind.SWITCHED,
    "moved": LapseKind.MOVED,
    "closed": LapseKind.CLOSED,
}
NEAR = timedelta(days=60)
"""A late payment that was given up so long before or after an end without any reason is its cause."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was learnt beside the subscription. `reason`: of the cancel page or the question after it; `lost_at`:
    when a late payment of the customer was given up; `declared`: they pressed the button of the cancel page."""

    reason: str | None = None
    declared: bool = False
    lost_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """`running`: the paid time is not over yet."""

    kind: LapseKind
    reason: str | None
    ends_at: datetime
    cancelled_at: datetime | None
    running: bool


def judge(subscription: SubscriptionState, told: Told) -> Ended | None:
    """How the subscription ended or is about to; None: it goes on, or never began."""
    match subscription.status:
        case "canceled":
            ends_at = subscription.ended_at or subscription.canceled_at or subscription.seen_at
            running = False
        case "unpaid":  # it exists, but serves nobody and is charged no more
            ends_at = told.lost_at or subscription.period_start_at or subscription.seen_at
            return Ended(LapseKind.INVOLUNTARY, None, ends_at, None, running=False)
        case "active" | "trialing" | "past_due" if subscription.cancel_at is not None:
            ends_at, running = subscription.cancel_at, True
        case _:
            return None
    reason = told.reason or subscription.cancellation_feedback
    kind = _kind(subscription, told, reason, ends_at, running)
    return Ended(kind, reason, ends_at, subscription.canceled_at, running)


def _kind(
    subscription: SubscriptionState, told: Told, reason: str | None, ends_at: datetime, running: bool
) -> LapseKind:
    if subscription.cancellation_reason in BY_PAYMENT and not told.declared:
        return LapseKind.INVOLUNTARY
    if reason in KIND_OF_REASON:
        return KIND_OF_REASON[reason]
    silent = reason is None and not told.declared and not running
    if silent and told.lost_at is not None and abs(ends_at - told.lost_at) <= NEAR:
        return LapseKind.INVOLUNTARY
    return LapseKind.VOLUNTARY
