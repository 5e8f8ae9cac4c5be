"""Whether a customer should have access, as far as the provider's status and the policy say. Pure.

A hint for the merchant's backend, not an order: the provider's own status stays the truth.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.billing.states import SubscriptionState
from app.dunning.rules.policy import DunningPolicy
from app.dunning.rules.steps import ends_at


class AccessState(StrEnum):
    """Best first."""

    UPGRADED = "upgraded"  # a higher plan than the one that is paid
    OK = "ok"
    GRACE = "grace"  # a payment is late, and access goes on for now
    PAUSED = "paused"  # collection is paused: what the customer sees meanwhile is the merchant's choice
    RESTRICTED = "restricted"


@dataclass(frozen=True, slots=True)
class Access:
    """`until`: when grace, the pause, the upgrade or a cancelled subscription ends, if a date is known."""

    state: AccessState
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Upgrade:
    """A higher plan that may be used without paying for it."""

    plan_name: str
    until: datetime


def access_of(
    subscription: SubscriptionState,
    owed_since: datetime | None,
    policy: DunningPolicy,
    *,
    now: datetime,
    upgrade: Upgrade | None = None,
) -> Access:
    """Access by one subscription. `owed_since`: the first failure of its oldest unpaid invoice."""
    match subscription.status:
        case "active" | "trialing" if subscription.paused_collection:
            return Access(AccessState.PAUSED, "the subscription is paused", subscription.pause_resumes_at)
        case "active" | "trialing" if upgrade is not None and upgrade.until > now:
            return Access(AccessState.UPGRADED, f"{upgrade.plan_name} is theirs for some time", upgrade.until)
        case "active" | "trialing" if subscription.cancel_at is not None:
            words = "the subscription is cancelled, and access goes on until its end"
            return Access(AccessState.OK, words, subscription.cancel_at)
        case "active" | "trialing":
            return Access(AccessState.OK, f"the subscription is {subscription.status}")
        case "past_due" if policy.provider.access_while_past_due:
            end = ends_at(owed_since, policy) if owed_since else None
            # A past date means that the provider has not ended it yet, so there is no date to name.
            until = end if end and end > now else None
            return Access(AccessState.GRACE, "a payment is late, and access goes on meanwhile", until)
        case "past_due":
            return Access(AccessState.RESTRICTED, "a payment is late, and access stops meanwhile")
        case status:
            return Access(AccessState.RESTRICTED, f"the subscription is {status or 'of unknown status'}")


def best(found: Iterable[Access]) -> Access | None:
    """A customer's access: the best of its subscriptions; None where none is known."""
    order = list(AccessState)
    return min(found, key=lambda a: order.index(a.state), default=None)
