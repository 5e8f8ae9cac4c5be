"""What is told of a risk and when, or why nothing is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.billing.states import CustomerState, PaymentMethodState, SubscriptionState
from app.expiring.rules.cards import TOKEN_WALLETS, order_of_charge
from app.expiring.rules.policy import ExpiringPolicy
from app.expiring.rules.risks import Payer, Risk, judge
from app.expiring.rules.stages import Notice, plan_notices
from app.expiring.states import Anchor, LeftOut


@dataclass(frozen=True, slots=True)
class Plan:
    """The notices of a risk that are still to come; at least one."""

    risk: Risk
    anchor: Anchor
    notices: tuple[Notice, ...]


def stages_of(subscription: SubscriptionState, policy: ExpiringPolicy) -> list[int]:
    """The plan's own stages, or those of all; none if nobody wants notices."""
    if not policy.enabled:
        return []
    for item in subscription.items or []:
        for name in ("price_id", "product_id", "label"):
            if item.get(name) in policy.plans:
                return policy.plans[item[name]]
    return policy.stages


def place(risk: Risk, payer: Payer, policy: ExpiringPolicy, *, now: datetime) -> Plan | LeftOut:
    """Lay the stages before the card's end if the charge follows soon after it, else before the charge.

    Who pays on the 28th is only found after this month's charge, when the stages before the card's end have
    passed: they are told before the charge as well. A yearly plan is told near its renewal.
    """
    stages = stages_of(risk.subscription, policy)
    if not stages:
        return LeftOut.SWITCHED_OFF
    charge_on = risk.charge_at.astimezone(payer.zone).date()
    lead = timedelta(days=policy.lead_days)
    anchors = [(Anchor.CHARGE, charge_on)]
    if charge_on - risk.valid_until <= lead:
        anchors.insert(0, (Anchor.EXPIRY, risk.valid_until))
    if anchors[0][1] - lead > now.astimezone(payer.zone).date():
        return LeftOut.TOLD_LATER
    for anchor, day in anchors:
        notices = plan_notices(
            stages, day, payer.customer.id, payer.zone, policy.hours, spread_days=policy.spread_days, now=now
        )
        if notices:
            return Plan(risk, anchor, tuple(notices))
    return LeftOut.TOO_LATE


def plan_card(
    method: PaymentMethodState, payer: Payer, policy: ExpiringPolicy, *, now: datetime
) -> Plan | LeftOut:
    """What is to be told of one card: its nearest plan, or the reason that comes nearest to one."""
    if method.type != "card":
        return LeftOut.NOT_A_CARD
    if method.wallet in TOKEN_WALLETS:
        return LeftOut.WALLET
    if not payer.subscriptions:
        return LeftOut.NO_SUBSCRIPTION
    found = [
        plan_subscription(s, payer, policy, now=now)
        for s in payer.subscriptions.values()
        if _is_charged(method, s, payer.customer)
    ]
    plans = [p for p in found if isinstance(p, Plan)]
    if plans:
        return nearest(plans)
    reasons = [r for r in found if isinstance(r, LeftOut)]
    return max(reasons, key=list(LeftOut).index, default=LeftOut.NOT_CHARGED)


def plan_subscription(
    subscription: SubscriptionState, payer: Payer, policy: ExpiringPolicy, *, now: datetime
) -> Plan | LeftOut:
    """What is to be told of one subscription's next charge."""
    risk = judge(subscription, payer, policy.backup)
    return place(risk, payer, policy, now=now) if isinstance(risk, Risk) else risk


def _is_charged(method: PaymentMethodState, subscription: SubscriptionState, customer: CustomerState) -> bool:
    return order_of_charge(subscription, customer)[:1] == [method.id]


def nearest(plans: list[Plan]) -> Plan:
    """The plan whose next notice comes first: a case follows it."""
    return min(plans, key=lambda p: (p.notices[0].due_at, p.risk.card, p.risk.subscription.id))
