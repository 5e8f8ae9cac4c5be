"""Invented mails to people who left, for the previews and golden files: every mail, and every kind of offer."""

from __future__ import annotations

from typing import Any

from app.outbox.rendering.context import OfferLines, WinbackContext
from app.outbox.rendering.samples_cancelling import LINK, OFFERS, offer_lines

YEARLY: dict[str, Any] = {
    "interval": "year",
    "price_after": {"amount_minor": 29000, "currency": "eur"},
    "saved": {"amount_minor": 4833, "currency": "eur"},
}
RETURN_OFFERS: dict[str, OfferLines] = {
    name: OFFERS[name] for name in ("free_months", "percent_off", "amount_off", "upgrade")
} | {"free_months_yearly": offer_lines("free_months", "coupon", months=2, **YEARLY)}


def winback_context(**changes: Any) -> WinbackContext:
    """Somebody who left a monthly plan, with what is changed."""
    context: WinbackContext = {
        "customer": {"name": "Anna Keller"},
        "stage": "first",
        "plan": "Pro plan, monthly",
        "price": {"amount_minor": 2900, "currency": "eur"},
        "interval": "month",
        "interval_count": 1,
        "running": False,
        "ends_at": "2026-05-05T06:30:00+00:00",
        "reason": None,
        "offer": None,
        "return_url": LINK.format("return"),
        "time_zone": "Europe/Berlin",
    }
    # Put in by the outbox for every marketing mail.
    ways_out = {"unsubscribe_url": LINK.format("unsubscribe"), "preferences_url": LINK.format("preferences")}
    context.update(changes | ways_out)  # type: ignore[typeddict-item]
    return context


_OFFERED: dict[str, Any] = {"offer": RETURN_OFFERS["free_months"]}
_ENDING: dict[str, Any] = {"ends_at": "2026-06-15T06:30:00+00:00", "running": True}

WINBACK: dict[str, tuple[str, WinbackContext]] = {
    "winback_fix_card": ("winback_fix_card", winback_context()),
    "winback_fix_card-reminder": (
        "winback_fix_card",
        winback_context(stage="reminder", plan=None, price=None),
    ),
    "winback_sorry": ("winback_sorry", winback_context(**_ENDING)),
    "winback_sorry-offer": ("winback_sorry", winback_context(**_ENDING, **_OFFERED)),
    "winback_offer": ("winback_offer", winback_context(**_OFFERED)),
    "winback_offer-none": ("winback_offer", winback_context(stage="reminder", customer={"name": None})),
    **{
        f"winback_offer-{name}": ("winback_offer", winback_context(offer=offer))
        for name, offer in RETURN_OFFERS.items()
        if name != "free_months"
    },
    "winback_how_is_it": ("winback_how_is_it", winback_context(reason="switched")),
    "winback_pass_on": ("winback_pass_on", winback_context(reason="moved")),
}
"""A sample's name, its mail and what that is told."""
