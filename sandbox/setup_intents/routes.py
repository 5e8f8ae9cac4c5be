"""`/v1/setup_intents`."""

from __future__ import annotations

from sandbox.cards.numbers import card_facts
from sandbox.cursors import listing
from sandbox.errors import ApiFault, invalid, missing_param
from sandbox.events.record import emit
from sandbox.parameters import flag, merged_metadata, text, within
from sandbox.payment_methods.attaching import method_from_id
from sandbox.routing import Call, route
from sandbox.setup_intents.objects import fail, new_setup_intent, succeed
from sandbox.state import Obj

CREATE = (
    "customer payment_method confirm usage metadata description automatic_payment_methods return_url"
    " allowed_payment_method_types mandate_data"
)


def create(call: Call) -> Obj:
    customer = text(call.params, "customer")
    if customer:
        call.state.get("customer", customer, "customer")
    intent = new_setup_intent(call.state, customer, merged_metadata({}, call.params))
    intent["usage"] = text(call.params, "usage", "off_session")
    wanted = text(call.params, "payment_method")
    if wanted:
        intent["payment_method"] = method_from_id(call.state, wanted)["id"]
        intent["status"] = "requires_confirmation"
    return _confirm(call, intent) if flag(call.params, "confirm") else intent


def confirm(call: Call) -> Obj:
    return _confirm(call, call.state.get("setup_intent", call.id))


def _confirm(call: Call, intent: Obj) -> Obj:
    """Cards that want authentication stop at `requires_action`; `next_action` leads to the page for it."""
    state = call.state
    if intent["status"] in ("succeeded", "canceled"):
        raise invalid(f"The setup intent is {intent['status']}.", code="setup_intent_unexpected_state")
    wanted = text(call.params, "payment_method") or intent["payment_method"]
    if wanted is None:
        raise missing_param("payment_method")
    method = method_from_id(state, wanted)
    facts = card_facts(state.hidden.card_numbers.get(method["id"], ""))
    if facts and facts.authentication != "never":
        url = f"{state.public_base}/authenticate/{intent['id']}"
        action = {
            "type": "redirect_to_url",
            "redirect_to_url": {"return_url": text(call.params, "return_url"), "url": url},
        }
        intent |= {"status": "requires_action", "payment_method": method["id"], "next_action": action}
        emit(state, "setup_intent.requires_action", intent)
        return intent
    try:
        succeed(state, intent, method)
    except ApiFault as fault:
        fail(state, intent, fault.error)
        raise
    return intent


def cancel(call: Call) -> Obj:
    intent = call.state.get("setup_intent", call.id)
    intent |= {"status": "canceled", "cancellation_reason": text(call.params, "cancellation_reason")}
    emit(call.state, "setup_intent.canceled", intent)
    return intent


def retrieve(call: Call) -> Obj:
    return call.state.get("setup_intent", call.id)


def list_all(call: Call) -> Obj:
    rows = [row for row in call.state.rows("setup_intent") if within(row["created"], call.params, "created")]
    for name in ("customer", "payment_method"):
        wanted = text(call.params, name)
        rows = [row for row in rows if wanted in (None, row[name])]
    return listing(rows, call.params, "/v1/setup_intents")


ROUTES = [
    route("POST", "/v1/setup_intents", create, CREATE),
    route(
        "GET",
        "/v1/setup_intents",
        list_all,
        "limit starting_after ending_before customer payment_method created",
    ),
    route("GET", "/v1/setup_intents/{}", retrieve, "client_secret"),
    route("POST", "/v1/setup_intents/{}/confirm", confirm, "payment_method return_url mandate_data"),
    route("POST", "/v1/setup_intents/{}/cancel", cancel, "cancellation_reason"),
]
