"""Whether the next charge of a subscription will fail because its card will have expired. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.billing.states import CustomerState, PaymentMethodState, SubscriptionState
from app.expiring.rules.cards import TOKEN_WALLETS, backup_for, is_good_on, last_day, order_of_charge
from app.expiring.states import BackupRule, LeftOut

RUNNING = frozenset({"active", "trialing", "past_due"})


@dataclass(frozen=True, slots=True)
class Payer:
    """A customer with everything that is judged at once. `methods` by id, also such as belong to nobody."""

    customer: CustomerState
    subscriptions: Mapping[str, SubscriptionState]
    methods: Mapping[str, PaymentMethodState]
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Risk:
    """A charge that will fail. `valid_until` is the card's last day, where the customer lives."""

    subscription: SubscriptionState
    method: PaymentMethodState
    valid_until: date
    charge_at: datetime

    @property
    def card(self) -> str:
        """Card and month: a card with other dates is another card."""
        return f"{self.method.id}:{self.valid_until:%Y-%m}"


def judge(subscription: SubscriptionState, payer: Payer, backup: BackupRule) -> Risk | LeftOut:
    """The risk that a subscription runs, whenever it is; or the first reason why there is none."""
    charge_at = subscription.period_end_at
    if payer.customer.deleted:
        return LeftOut.CUSTOMER_GONE
    why_not = _not_charged(subscription, charge_at)
    if why_not is not None or charge_at is None:
        return why_not or LeftOut.NOT_RENEWING
    order = order_of_charge(subscription, payer.customer)
    method = payer.methods.get(order[0]) if order else None
    if method is None:
        return LeftOut.UNREAD if order else LeftOut.NOT_CHARGED
    why_not = _lasting(method, charge_at, payer.zone)
    valid_until = last_day(method)
    if why_not is not None or valid_until is None:
        return why_not or LeftOut.UNREAD
    if backup_for(method.id, order, payer.methods, backup, charge_at, payer.zone):
        return LeftOut.BACKUP
    return Risk(subscription, method, valid_until, charge_at)


def _not_charged(subscription: SubscriptionState, charge_at: datetime | None) -> LeftOut | None:
    """Why no payment will be taken at the end of this period."""
    if subscription.status not in RUNNING or charge_at is None:
        return LeftOut.NOT_RENEWING
    if subscription.cancel_at is not None and subscription.cancel_at <= charge_at:
        return LeftOut.NOT_RENEWING
    if subscription.collection_method == "send_invoice":
        return LeftOut.BY_INVOICE
    resumes_at = subscription.pause_resumes_at
    if subscription.paused_collection and (resumes_at is None or resumes_at > charge_at):
        return LeftOut.PAUSED
    return None if may_cost(subscription) else LeftOut.FREE


def may_cost(subscription: SubscriptionState) -> bool:
    """Whether the next period may cost something by its prices. Discounts are not on our rows: the provider is
    asked for the amount itself before a notice leaves."""
    items = subscription.items or []
    return not items or any(_may_cost(item) for item in items)


def _may_cost(item: Mapping[str, object]) -> bool:
    amount, quantity = item.get("amount_minor"), item.get("quantity")
    if amount is None:
        return True  # tiers: the price is only known when it is billed
    return amount != 0 and (bool(item.get("metered")) or quantity != 0)


def _lasting(method: PaymentMethodState, charge_at: datetime, zone: ZoneInfo) -> LeftOut | None:
    """Why the method itself will not fail for its age."""
    if method.type != "card":
        return LeftOut.NOT_A_CARD
    if method.wallet in TOKEN_WALLETS:
        return LeftOut.WALLET
    if last_day(method) is None:
        return LeftOut.UNREAD
    return LeftOut.STILL_VALID if is_good_on(method, charge_at, zone) else None
