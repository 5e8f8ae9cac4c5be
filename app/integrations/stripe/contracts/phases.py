"""Phases of a schedule of ours, as the provider wants them back: whole, or what is missing is lost. Pure."""

from __future__ import annotations

from typing import Any

from app.integrations.stripe.read_values import Json, part, parts, reference, text

PRICE_BEFORE = "reclaim_price_before"
"""Metadata of our schedule: the price that the subscription goes back to."""
PRICE_LENT = "reclaim_price_lent"
"""Metadata of our schedule: the price that it lends."""
COUPON = "reclaim_coupon"
"""Metadata of our schedule: the coupon that pays the difference."""

# What a phase says in words or ids and an update takes in the same form.
_PLAIN = ("collection_method", "description", "billing_cycle_anchor")


def current_phase(schedule: Json) -> Json | None:
    """The running phase of a schedule."""
    start = part(schedule.get("current_phase")).get("start_date")
    return next((row for row in parts(schedule.get("phases")) if row.get("start_date") == start), None)


def like(phase: Json, price_id: str, discounts: list[dict[str, str]], end: int) -> dict[str, Any]:
    """The parameters of a phase as this one is, but for the price of its one item, its discounts and its end."""
    item = next(parts(phase.get("items")))
    written: dict[str, Any] = {
        "start_date": phase["start_date"],
        "end_date": end,
        "items": [_item(item, price_id)],
        "discounts": discounts or "",
        "proration_behavior": "none",
    }
    written |= {name: phase[name] for name in _PLAIN if phase.get(name)}
    if method := reference(phase.get("default_payment_method")):
        written["default_payment_method"] = method
    if rates := _ids(phase.get("default_tax_rates")):
        written["default_tax_rates"] = rates
    if metadata := part(phase.get("metadata")):
        written["metadata"] = metadata
    if "enabled" in (tax := part(phase.get("automatic_tax"))):
        written["automatic_tax"] = {"enabled": tax["enabled"]}
    settings = part(phase.get("invoice_settings"))
    if days := settings.get("days_until_due"):
        written["invoice_settings"] = {"days_until_due": days}
    return written


def _item(item: Json, price_id: str) -> dict[str, Any]:
    written: dict[str, Any] = {"price": price_id}
    if item.get("quantity") is not None:
        written["quantity"] = item["quantity"]
    if metadata := part(item.get("metadata")):
        written["metadata"] = metadata
    if rates := _ids(item.get("tax_rates")):
        written["tax_rates"] = rates
    if discounts := [
        {"discount": found}
        for row in parts(item.get("discounts"))
        if (found := text(row.get("discount")) or reference(row.get("discount")))
    ]:
        written["discounts"] = discounts
    return written


def _ids(value: object) -> list[str]:
    rows = value if isinstance(value, list) else []
    return [found for row in rows if (found := reference(row))]
