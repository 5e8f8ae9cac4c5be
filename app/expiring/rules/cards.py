"""Which card the provider would charge, how long it is good, and what could stand in for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.billing.states import CustomerState, PaymentMethodState, SubscriptionState
from app.expiring.states import BackupRule

TOKEN_WALLETS = frozenset({"apple_pay", "google_pay", "samsung_pay"})
"""Wallets that charge a network token: its date is renewed by the network and says nothing of the card.
Link, Masterpass and Visa Checkout hand over the card itself, which expires like any other."""


def order_of_charge(subscription: SubscriptionState, customer: CustomerState) -> list[str]:
    """Methods in the provider's order; it charges the first that is set and falls back to no other."""
    order = (
        subscription.default_payment_method_id,
        subscription.default_source_id,
        customer.default_payment_method_id,
        customer.default_source_id,
    )
    return [method_id for method_id in order if method_id]


def last_day(method: PaymentMethodState) -> date | None:
    """The last day on which a card is valid: the last of its month. None where the dates are not known."""
    if method.exp_year is None or method.exp_month is None:
        return None
    years, month = divmod(method.exp_month, 12)  # the month after, counted from 0
    return date(method.exp_year + years, month + 1, 1) - timedelta(days=1)


def is_good_on(method: PaymentMethodState, at: datetime, zone: ZoneInfo) -> bool:
    """Whether a charge at that time finds the method valid. What is no card does not expire."""
    if method.type != "card" or method.wallet in TOKEN_WALLETS:
        return True
    end = last_day(method)
    return end is not None and at.astimezone(zone).date() <= end


def backup_for(
    charged_id: str,
    order: list[str],
    methods: Mapping[str, PaymentMethodState],
    rule: BackupRule,
    charge_at: datetime,
    zone: ZoneInfo,
) -> str | None:
    """Another method of the customer that is good at the time of the charge; its id.

    The provider itself never falls back, so a second card helps only through people: whoever has named one
    as a default has done their part, and is not told that their card expires; a person is asked to put the
    named one where it is charged. A card that was merely saved once says nothing of the sort.
    """
    candidates = {
        BackupRule.NAMED: order[1:],
        BackupRule.ATTACHED: sorted(m.id for m in methods.values() if m.customer_id),
        BackupRule.NONE: [],
    }[rule]
    for method_id in candidates:
        method = methods.get(method_id)
        if method is not None and method_id != charged_id and is_good_on(method, charge_at, zone):
            return method_id
    return None
