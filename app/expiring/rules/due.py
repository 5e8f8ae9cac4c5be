"""What becomes of a notice that is due, and of one that is about to leave. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.billing.states import SubscriptionState
from app.contacts.rules import next_open
from app.expiring.rules.policy import ExpiringPolicy
from app.expiring.rules.risks import Payer, Risk

RETRY_SOON = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Send:
    """It may go, as far as this campaign is concerned."""


@dataclass(frozen=True, slots=True)
class Skip:
    reason: str


@dataclass(frozen=True, slots=True)
class Move:
    due_at: datetime
    reason: str


Decision = Send | Skip | Move


def decide_due(
    due: Sequence[datetime], payer: Payer, unfinished: str | None, policy: ExpiringPolicy, *, now: datetime
) -> list[Decision]:
    """One decision for each due notice, soonest first: only the newest may be sent.

    `unfinished`: "received" or "dead", an event of this customer that is stored but not processed.
    """
    if not due:
        return []
    superseded = [Skip("a later notice is due as well, and only the newest is sent") for _ in due[:-1]]
    return [*superseded, _decide(due[-1], payer, unfinished, policy, now)]


def _decide(
    due_at: datetime, payer: Payer, unfinished: str | None, policy: ExpiringPolicy, now: datetime
) -> Decision:
    late = too_late(due_at, policy, now=now)
    if late is not None:
        return late
    if not payer.customer.email or payer.customer.deleted:
        return Skip("the customer has no e-mail address")
    if unfinished == "dead":
        return Move(
            now + timedelta(hours=1), "an event of this customer could not be processed; a person is asked"
        )
    if unfinished:
        return Move(now + RETRY_SOON, "an event of this customer is still to be processed")
    return Send()


def too_late(due_at: datetime, policy: ExpiringPolicy, *, now: datetime) -> Skip | None:
    if now - due_at <= timedelta(hours=policy.late_hours):
        return None
    return Skip(f"nothing that was due more than {policy.late_hours} h ago is sent")


def decide_leaving(
    risks: Sequence[Risk],
    amounts: Mapping[str, int],
    wanted_at: datetime,
    payer: Payer,
    policy: ExpiringPolicy,
    *,
    now: datetime,
) -> Skip | Move | None:
    """Whether a notice may leave this minute; None: it may.

    `risks` and `amounts` as the provider shows them now; an amount that it does not tell may be any.
    """
    if not risks:
        return Skip("the card has been renewed, or nothing is charged any more")
    unread = [r for r in risks if now - r.method.seen_at > timedelta(hours=policy.recheck_hours)]
    if unread:
        return Skip(f"the card has not been read again within {policy.recheck_hours} h")
    if all(_is_nothing(r.subscription, amounts) for r in risks):
        return Skip("the provider says that the next charge comes to nothing")
    late = too_late(wanted_at, policy, now=now)
    if late is not None:
        return late
    open_at = next_open(now, payer.zone, policy.hours)
    if open_at - now <= timedelta(minutes=1):
        return None
    return Move(open_at, "it is outside the sending hours where the customer lives")


def _is_nothing(subscription: SubscriptionState, amounts: Mapping[str, int]) -> bool:
    """A preview of nothing counts unless usage is still to come on top of it."""
    metered = any(item.get("metered") for item in subscription.items or [])
    return amounts.get(subscription.id) == 0 and not metered
