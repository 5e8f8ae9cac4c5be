"""Customers, subscriptions and payment methods."""

from __future__ import annotations

from dataclasses import asdict, replace

from app.billing.facts import CustomerSeen, PaymentMethodSeen, SubscriptionSeen
from app.billing.projection.order import newer, pictured, same_moment
from app.billing.states import TERMINAL_SUBSCRIPTION, CustomerState, PaymentMethodState, SubscriptionState

RANK = {
    "incomplete": 0,
    "trialing": 1,
    "active": 2,
    "past_due": 3,
    "unpaid": 4,
    "paused": 4,
    "incomplete_expired": 5,
    "canceled": 5,
}

ADDRESS = ("email", "name", "phone")


def subscription_after(now: SubscriptionState | None, seen: SubscriptionSeen) -> SubscriptionState:
    """The subscription's row after a picture of it; one that is over stays over."""
    items = [asdict(item) for item in seen.items]
    new = pictured(SubscriptionState, seen.subscription_id, seen, items=items)
    if now is None:
        return new
    was_over, is_over = now.status in TERMINAL_SUBSCRIPTION, new.status in TERMINAL_SUBSCRIPTION
    if was_over != is_over:
        return new if is_over else now
    ranks = RANK.get(new.status, 2), RANK.get(now.status, 2)
    if same_moment(new, now) and new.seen_live:
        return new  # it was read later than the one that we have
    if same_moment(new, now) and ranks[0] != ranks[1]:
        return new if ranks[0] > ranks[1] else now
    return new if newer(new, now) else now


def customer_after(now: CustomerState | None, seen: CustomerSeen) -> CustomerState:
    """The customer's row after a picture of it; a deleted one stays deleted, and loses its address."""
    new = pictured(CustomerState, seen.customer_id, seen)
    if new.deleted or (now is not None and now.deleted):
        new = _without_address(new)
        now = _without_address(now) if now is not None else None
    if now is None:
        return new
    # What a deletion takes away must not have decided between two pictures of one second before it.
    differ = _without_address(new) != _without_address(now)
    return new if newer(new, now, apart_from=ADDRESS if differ else ()) else now


def _without_address(customer: CustomerState) -> CustomerState:
    return replace(customer, deleted=True, email=None, name=None, phone=None)


def payment_method_after(now: PaymentMethodState | None, seen: PaymentMethodSeen) -> PaymentMethodState:
    """The row after a picture of it; `customer_id` is None once it is detached."""
    updated_at = seen.sight.at if seen.auto_updated else None
    new = pictured(PaymentMethodState, seen.payment_method_id, seen, auto_updated_at=updated_at)
    if now is None:
        return new
    times = [at for at in (now.auto_updated_at, updated_at) if at]
    winner = new if newer(new, now, apart_from=("auto_updated_at",)) else now
    return replace(winner, auto_updated_at=max(times, default=None))
