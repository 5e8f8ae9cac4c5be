"""The setup intent and its ends."""

from __future__ import annotations

from sandbox.events.record import emit
from sandbox.payment_methods.attaching import attach
from sandbox.state import Obj, State


def new_setup_intent(state: State, customer: str | None, metadata: dict[str, str]) -> Obj:
    """A stored and announced intent that waits for a method."""
    intent = blank_setup_intent(state, customer, metadata)
    emit(state, "setup_intent.created", state.insert(intent))
    return intent


def blank_setup_intent(state: State, customer: str | None, metadata: dict[str, str]) -> Obj:
    """An intent that is neither stored nor announced yet."""
    intent_id = state.new_id("seti")
    return {
        "id": intent_id,
        "object": "setup_intent",
        "application": None,
        "automatic_payment_methods": None,
        "cancellation_reason": None,
        "client_secret": f"{intent_id}_secret_{state.identifiers.token(24)}",
        "created": state.now,
        "customer": customer,
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": metadata,
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": None,
        "payment_method_types": ["card"],
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": "off_session",
    }


def succeed(state: State, intent: Obj, method: Obj) -> None:
    """The method is saved: on the customer if there is one, and good for off-session charges from now on."""
    if intent["customer"]:
        attach(state, method, state.get("customer", intent["customer"]))
    state.hidden.authenticated_methods.add(method["id"])
    if method["type"] not in intent["payment_method_types"]:
        intent["payment_method_types"] = [method["type"]]
    intent |= {
        "status": "succeeded",
        "payment_method": method["id"],
        "next_action": None,
        "last_setup_error": None,
    }
    emit(state, "setup_intent.succeeded", intent)


def fail(state: State, intent: Obj, error: Obj) -> None:
    """Another method is wanted; `error` says why."""
    intent |= {
        "status": "requires_payment_method",
        "payment_method": None,
        "next_action": None,
        "last_setup_error": {"type": "card_error", **error},
    }
    emit(state, "setup_intent.setup_failed", intent)
