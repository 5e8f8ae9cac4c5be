"""Addresses: the country and region in them, and nothing else of them."""

from __future__ import annotations

from app.integrations.stripe.read_values import Json, part, text

MAX_REGION = 100  # free text: "MN", "Minnesota", "Île-de-France"


def country_and_region(address: object) -> tuple[str | None, str | None]:
    """A code of two letters and the state beside it; a state without a country says nothing."""
    found = part(address)
    country = text(found.get("country"), 2)
    return country, text(found.get("state"), MAX_REGION) if country else None


def billing_place(method: Json) -> tuple[str | None, str | None]:
    """Where a payment method is billed: of a payment method, a legacy source, or a legacy card."""
    for holder in ("billing_details", "owner"):
        country, region = country_and_region(part(method.get(holder)).get("address"))
        if country:
            return country, region
    legacy = {"country": method.get("address_country"), "state": method.get("address_state")}
    return country_and_region(legacy)


def issued_in(method: Json) -> str | None:
    """The country of the card or account itself."""
    if method.get("object") in ("card", "bank_account"):
        return text(method.get("country"), 2)
    details = method.get(str(method.get("type")))
    return text(part(details).get("country"), 2)
