"""`/v1/setup_intents`."""

from __future__ import annotations

from sandbox.cards.behaviour import behaviour_of
from sandbox.cards.verdicts import facts_of
from sandbox.cursors import listing
from sandbox.errors import ApiFault, invalid, missing_param
from sandbox.events.record import emit
from sandbox.parameters import (
    Params,
    choice,
    flag,
    given,
    mapping,
    merged_metadata,
    required_text,
    text,
    within,
)
from sandbox.payment_intents.fields import apply_types, check_owner, default_types
from sandbox.payment_methods.attaching import method_from_params, refuse_declining_card
from sandbox.payment_methods.declining import declined
from sandbox.routing import Call, route
from sandbox.setup_intents.objects import blank_setup_intent, fail, succeed
from sandbox.state import Obj, State

# Older versions name the types `payment_method_types`; the newest split it into allowed and excluded ones.
SHARED = (
    "payment_method payment_method_data payment_method_options payment_method_types description metadata customer"
    " allowed_payment_method_types excluded_payment_method_types attach_to_self flow_directions"
    " payment_method_configuration"
)
CREATE = (
    f"{SHARED} confirm usage automatic_payment_methods return_url mandate_data single_use use_stripe_sdk"
    " on_behalf_of"
)
CONFIRM = (
    "payment_method payment_method_data payment_method_options return_url mandate_data use_stripe_sdk"
    " allowed_payment_method_types"
)
USAGES = ("off_session", "on_session")
REASONS = ("abandoned", "requested_by_customer", "duplicate")
OVER = ("succeeded", "canceled")


def create(call: Call) -> Obj:
    """A new intent, confirmed at once when `confirm` says so."""
    state, params = call.state, call.params
    intent = blank_setup_intent(state, None, {})
    if not given(params, "payment_method_types"):
        default_types(intent)
    intent["usage"] = choice(params, "usage", USAGES, "off_session")
    _apply(state, intent, params)
    if flag(params, "confirm") and intent["payment_method"] is None:
        raise missing_param("payment_method")
    emit(state, "setup_intent.created", state.insert(intent))
    return _confirm(state, intent, params) if flag(params, "confirm") else intent


def _apply(state: State, intent: Obj, params: Params) -> None:
    if given(params, "customer"):
        intent["customer"] = state.get("customer", required_text(params, "customer"), "customer")["id"]
    if given(params, "description"):
        intent["description"] = text(params, "description")
    if given(params, "payment_method_options"):
        intent["payment_method_options"] = mapping(params, "payment_method_options") or None
    intent["metadata"] = merged_metadata(intent["metadata"], params)
    apply_types(intent, params)
    method = method_from_params(state, params)
    if method is not None:
        check_owner(state, intent, method)
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}


def confirm(call: Call) -> Obj:
    state, intent = call.state, call.state.get("setup_intent", call.id)
    if intent["status"] in OVER:
        raise _unexpected(intent, "confirmed")
    _apply(state, intent, {name: value for name, value in call.params.items() if name != "metadata"})
    return _confirm(state, intent, call.params)


def _confirm(state: State, intent: Obj, params: Params) -> Obj:
    """Cards that want authentication stop at `requires_action`; `next_action` leads to the page for it."""
    method = state.find("payment_method", intent["payment_method"])
    if method is None:
        raise missing_param("payment_method")
    try:
        if wants_confirmation(state, method):
            refuse_declining_card(state, method)
            _ask_customer(state, intent, method, text(params, "return_url"))
        else:
            if intent["customer"] is None:
                refuse_declining_card(state, method)
            succeed(state, intent, method)
    except ApiFault as fault:
        fail(state, intent, fault.error)
        raise declined(fault.error, setup_intent=intent) from None
    return intent


def wants_confirmation(state: State, method: Obj) -> bool:
    """Whether the bank asks its cardholder before the method is saved."""
    behaviour = behaviour_of(state, method)
    if behaviour is not None:
        return behaviour.requires_action
    return method["type"] == "card" and facts_of(state, method).authentication != "never"


def _ask_customer(state: State, intent: Obj, method: Obj, return_url: str | None) -> None:
    url = f"{state.public_base}/authenticate/{intent['id']}"
    action = {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": url}}
    intent |= {"status": "requires_action", "payment_method": method["id"], "next_action": action}
    emit(state, "setup_intent.requires_action", intent)


def _unexpected(intent: Obj, doing: str) -> ApiFault:
    message = f"This SetupIntent could not be {doing} because it has a status of {intent['status']}."
    fault = invalid(message, code="setup_intent_unexpected_state")
    fault.error["setup_intent"] = dict(intent)
    return fault


def cancel(call: Call) -> Obj:
    intent = call.state.get("setup_intent", call.id)
    if intent["status"] in OVER:
        raise _unexpected(intent, "canceled")
    reason = choice(call.params, "cancellation_reason", REASONS)
    intent |= {"status": "canceled", "cancellation_reason": reason, "next_action": None}
    emit(call.state, "setup_intent.canceled", intent)
    return intent


def retrieve(call: Call) -> Obj:
    return call.state.get("setup_intent", call.id)


def update(call: Call) -> Obj:
    intent = call.state.get("setup_intent", call.id)
    if intent["status"] in OVER and set(call.params) - {"metadata", "description", "expand"}:
        raise _unexpected(intent, "updated")
    _apply(call.state, intent, call.params)
    return intent


def list_all(call: Call) -> Obj:
    rows = [row for row in call.state.rows("setup_intent") if within(row["created"], call.params, "created")]
    for name in ("customer", "payment_method"):
        wanted = text(call.params, name)
        rows = [row for row in rows if wanted in (None, row[name])]
    return listing(rows, call.params, "/v1/setup_intents")


FILTERS = "limit starting_after ending_before customer payment_method created attach_to_self"
ROUTES = [
    route("POST", "/v1/setup_intents", create, CREATE),
    route("GET", "/v1/setup_intents", list_all, FILTERS),
    route("GET", "/v1/setup_intents/{}", retrieve, "client_secret"),
    route("POST", "/v1/setup_intents/{}", update, SHARED),
    route("POST", "/v1/setup_intents/{}/confirm", confirm, CONFIRM),
    route("POST", "/v1/setup_intents/{}/cancel", cancel, "cancellation_reason"),
]
