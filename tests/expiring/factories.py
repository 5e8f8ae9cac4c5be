"""One customer who pays with a card, made by plain functions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.billing.states import CustomerState, PaymentMethodState, SubscriptionState
from app.expiring.rules.risks import Payer

SEEN = datetime(2026, 5, 1, 10, tzinfo=UTC)


def at(text: str) -> datetime:
    """`at("2026-06-10")` or with a time, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def card(method_id: str = "pm_1", year: int = 2026, month: int = 6, **more: Any) -> PaymentMethodState:
    """A card of `cus_1`, by default good through June 2026."""
    known = PaymentMethodState(
        method_id, SEEN, False, "cus_1", "card", "visa", "4242", exp_month=month, exp_year=year
    )
    return replace(known, **more)


def subscription(period_end: str = "2026-07-01T10:00", **more: Any) -> SubscriptionState:
    item = {
        "price_id": "price_1",
        "product_id": "prod_1",
        "label": "Pro",
        "amount_minor": 2900,
        "quantity": 1,
    }
    known = SubscriptionState(
        "sub_1", SEEN, False, "cus_1", "active", "charge_automatically",
        period_end_at=at(period_end), items=[item | {"metered": False}],
    )  # fmt: skip
    return replace(known, **more)


def payer(
    *methods: PaymentMethodState,
    subscriptions: tuple[SubscriptionState, ...] | None = None,
    zone: str = "UTC",
    **customer: Any,
) -> Payer:
    """A customer whose default is the first method."""
    cards = methods or (card(),)
    known = CustomerState("cus_1", SEEN, False, email="ada@example.com")
    who = replace(known, **({"default_payment_method_id": cards[0].id} | customer))
    subs = subscriptions if subscriptions is not None else (subscription(),)
    return Payer(who, {s.id: s for s in subs}, {m.id: m for m in cards}, ZoneInfo(zone))
