"""`/v1/account` and `/v1/balance`."""

from __future__ import annotations

from sandbox.errors import missing_object
from sandbox.routing import Call, route
from sandbox.state import Obj


def retrieve(call: Call) -> Obj:
    if call.ids and call.id != call.state.account_id:
        raise missing_object("account", call.id)
    return {
        "id": call.state.account_id,
        "object": "account",
        "business_profile": {"name": "Sandbox", "support_email": None, "url": None},
        "business_type": None,
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": "US",
        "created": call.state.now,
        "default_currency": "usd",
        "details_submitted": True,
        "email": "owner@example.com",
        "metadata": {},
        "payouts_enabled": True,
        "settings": {
            "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
            "card_payments": {
                "decline_on": {"avs_failure": False, "cvc_failure": False},
                "statement_descriptor_prefix": None,
            },
            "dashboard": {"display_name": "Sandbox", "timezone": "Etc/UTC"},
            "payments": {"statement_descriptor": "SANDBOX"},
        },
        "type": "standard",
    }


def balance(call: Call) -> Obj:
    """What was captured and not refunded, by currency; all of it counts as available."""
    totals: dict[str, int] = {"usd": 0}
    for charge in call.state.rows("charge"):
        if charge["status"] == "succeeded":
            kept = charge["amount_captured"] - charge["amount_refunded"]
            totals[charge["currency"]] = totals.get(charge["currency"], 0) + kept
    available = [
        {"amount": amount, "currency": currency, "source_types": {"card": amount}}
        for currency, amount in totals.items()
    ]
    pending = [{"amount": 0, "currency": currency, "source_types": {"card": 0}} for currency in totals]
    return {"object": "balance", "available": available, "livemode": False, "pending": pending}


ROUTES = [
    route("GET", "/v1/account", retrieve),
    route("GET", "/v1/accounts/{}", retrieve),
    route("GET", "/v1/balance", balance),
]
