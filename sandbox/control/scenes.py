"""What happens to customers outside the API: their bank's mood, new cards, chargebacks, billing settings."""

from __future__ import annotations

from dataclasses import asdict, fields

from sandbox.cards.behaviour import behaviour_from
from sandbox.clock import as_datetime
from sandbox.disputes.opening import decide_dispute, open_dispute
from sandbox.errors import invalid
from sandbox.events.record import changing
from sandbox.payment_methods.fingerprints import fingerprint
from sandbox.routing import Call, route
from sandbox.state import Obj
from sandbox.webhook_endpoints.routes import new_endpoint


def set_behaviour(call: Call) -> Obj:
    """From now on (until a date) the method's bank answers as told; any of the decline codes will do."""
    method = call.state.get("payment_method", call.id)
    call.state.hidden.behaviours[method["id"]] = behaviour_from(call.params)
    return {"payment_method": method["id"], "behaviour": call.params}


def clear_behaviour(call: Call) -> Obj:
    call.state.hidden.behaviours.pop(call.id, None)
    return {"payment_method": call.id, "behaviour": None}


def auto_update(call: Call) -> Obj:
    """The card network replaces the card's details: by default a later expiry, on request a new number."""
    state, method = call.state, call.state.get("payment_method", call.id)
    if method["type"] != "card":
        raise invalid("Only cards are updated by the network.", param="id")
    with changing(state, method, "payment_method.automatically_updated"):
        number = call.params.get("number")
        if number:
            state.hidden.card_numbers[method["id"]] = str(number)
            method["card"] |= {"last4": str(number)[-4:], "fingerprint": fingerprint(str(number))}
        year = as_datetime(state.now).year
        method["card"]["exp_month"] = int(call.params.get("exp_month", method["card"]["exp_month"]))
        method["card"]["exp_year"] = int(
            call.params.get("exp_year", max(year, method["card"]["exp_year"]) + 4)
        )
    if not call.params.get("keep_behaviour"):
        state.hidden.behaviours.pop(method["id"], None)
    return method


def dispute(call: Call) -> Obj:
    charge = call.state.get("charge", call.id)
    return open_dispute(call.state, charge, str(call.params.get("reason", "fraudulent")))


def dispute_outcome(call: Call) -> Obj:
    return decide_dispute(call.state, call.state.get("dispute", call.id), str(call.params.get("outcome", "")))


def read_policy(call: Call) -> Obj:
    return asdict(call.state.policy)


def set_policy(call: Call) -> Obj:
    """Billing settings by name, e.g. `{"retry_gaps_days": [3, 5, 7], "end_action": "unpaid"}`."""
    names = {entry.name for entry in fields(call.state.policy)}
    for name, value in call.params.items():
        if name not in names:
            raise invalid(f"Unknown billing setting: {name}", param=name)
        setattr(call.state.policy, name, tuple(value) if isinstance(value, list) else value)
    return asdict(call.state.policy)


def add_endpoint(call: Call) -> Obj:
    """An endpoint in a chosen shape; the answer shows its secret."""
    wanted = call.params
    endpoint = new_endpoint(
        call.state,
        str(wanted.get("url", "")),
        enabled_events=wanted.get("enabled_events"),
        api_version=wanted.get("api_version"),
        secret=wanted.get("secret"),
        shape=wanted.get("shape"),
    )
    return {**endpoint, "secret": call.state.hidden.endpoint_secrets[endpoint["id"]]}


def subscription_history(call: Call) -> Obj:
    """Everything billed on one subscription, for looking at."""
    subscription = call.state.get("subscription", call.id)
    ids = call.state.hidden.invoices_of_subscription[call.id]
    return {"subscription": subscription, "invoices": [call.state.get("invoice", row) for row in ids]}


ROUTES = [
    route("POST", "/_control/payment_methods/{}/behaviour", set_behaviour, None),
    route("DELETE", "/_control/payment_methods/{}/behaviour", clear_behaviour, None),
    route("POST", "/_control/cards/{}/auto_update", auto_update, None),
    route("POST", "/_control/charges/{}/dispute", dispute, None),
    route("POST", "/_control/disputes/{}/outcome", dispute_outcome, None),
    route("GET", "/_control/policy", read_policy, None),
    route("POST", "/_control/policy", set_policy, None),
    route("POST", "/_control/webhook_endpoints", add_endpoint, None),
    route("GET", "/_control/subscriptions/{}", subscription_history, None),
]
