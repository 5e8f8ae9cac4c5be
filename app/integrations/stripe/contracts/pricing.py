"""Prices as they are now."""

from __future__ import annotations

from urllib.parse import quote

from app.integrations.stripe.contracts.live import LiveContracts
from app.integrations.stripe.read_values import flag, integer, part, text
from app.offers.rules.contract import Price


def price(live: LiveContracts, price_id: str) -> Price | None:
    """One price; None if there is none."""
    obj = live.fetch(f"prices/{quote(price_id, safe='')}")
    if obj is None:
        return None
    recurring = part(obj.get("recurring"))
    return Price(
        price_id=price_id,
        amount_minor=integer(obj.get("unit_amount")),
        currency=text(obj.get("currency")) or "",
        interval=text(recurring.get("interval")),
        interval_count=integer(recurring.get("interval_count")) or 1,
        active=flag(obj.get("active")),
    )
