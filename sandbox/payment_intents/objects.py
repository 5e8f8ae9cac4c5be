"""The payment intent object."""

from __future__ import annotations

from copy import deepcopy

from sandbox.state import Obj, State

# What every intent starts with.
NEW_INTENT: Obj = {
    "object": "payment_intent",
    "amount_capturable": 0,
    "amount_details": {"tip": {}},
    "amount_received": 0,
    "application": None,
    "application_fee_amount": None,
    "automatic_payment_methods": None,
    "canceled_at": None,
    "cancellation_reason": None,
    "capture_method": "automatic",
    "confirmation_method": "automatic",
    "customer_account": None,
    "excluded_payment_method_types": None,
    "last_payment_error": None,
    "latest_charge": None,
    "livemode": False,
    "metadata": {},
    "next_action": None,
    "on_behalf_of": None,
    "payment_method": None,
    "payment_method_configuration_details": None,
    "payment_method_options": {},
    "payment_method_types": ["card"],
    "processing": None,
    "receipt_email": None,
    "review": None,
    "setup_future_usage": None,
    "shipping": None,
    "source": None,
    "statement_descriptor": None,
    "statement_descriptor_suffix": None,
    "status": "requires_payment_method",
    "transfer_data": None,
    "transfer_group": None,
}


def new_intent(
    state: State, *, amount: int, currency: str, customer: str | None, description: str | None
) -> Obj:
    """A stored intent over `amount` minor units; nothing is announced yet."""
    intent_id = state.new_id("pi")
    intent: Obj = {
        **deepcopy(NEW_INTENT),
        "id": intent_id,
        "amount": amount,
        "client_secret": f"{intent_id}_secret_{state.identifiers.token(24)}",
        "created": state.now,
        "currency": currency,
        "customer": customer,
        "description": description,
    }
    state.insert(intent)
    return intent


def takes_type(intent: Obj, kind: str) -> bool:
    """Whether a method of this type may pay: an intent with a fixed list of types takes no other."""
    return intent["automatic_payment_methods"] is not None or kind in intent["payment_method_types"]
