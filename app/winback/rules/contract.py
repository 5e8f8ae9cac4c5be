"""A running subscription by our own rows, as far as the rules of offers need it. Pure."""

from __future__ import annotations

from typing import Any

from app.billing.states import SubscriptionState
from app.offers.rules.contract import Contract, Line


def contract_of(row: SubscriptionState) -> Contract | None:
    """The contract, without discounts and schedules, which our rows do not hold; None where nothing is priced."""
    lines = tuple(line for item in row.items or [] if (line := _line(item)) is not None)
    if not lines or row.customer_id is None or row.created_at is None:
        return None
    return Contract(
        subscription_id=row.id,
        customer_id=row.customer_id,
        status=row.status,
        collection_method=row.collection_method or "",
        currency=lines[0].currency,
        lines=lines,
        started_at=row.created_at,
        period_end_at=row.period_end_at,
        trial_end_at=row.trial_end_at,
        cancel_at=row.cancel_at,
        ended_at=row.ended_at,
        pauses_collection=row.paused_collection,
        pause_resumes_at=row.pause_resumes_at,
    )


def _line(item: dict[str, Any]) -> Line | None:
    if not item.get("price_id") or not item.get("currency") or not item.get("interval"):
        return None
    return Line(
        item_id=item.get("item_id") or "",
        price_id=item["price_id"],
        product_id=item.get("product_id"),
        label=item.get("label"),
        amount_minor=item.get("amount_minor"),
        currency=item["currency"],
        interval=item["interval"],
        interval_count=item.get("interval_count") or 1,
        quantity=item.get("quantity"),
        metered=bool(item.get("metered")),
    )
