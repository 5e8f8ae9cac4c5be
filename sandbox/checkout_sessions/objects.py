"""The session object and its ends."""

from __future__ import annotations

from copy import deepcopy

from sandbox.clock import DAY
from sandbox.errors import invalid, missing_param
from sandbox.events.record import emit
from sandbox.parameters import (
    Params,
    choice,
    integer,
    mapping,
    merged_metadata,
    required_text,
    sequence,
    text,
)
from sandbox.setup_intents.objects import new_setup_intent, succeed
from sandbox.state import Obj, State
from sandbox.subscriptions.starting import start_subscription

MODES = ("setup", "subscription", "payment")


def new_session(state: State, params: Params) -> Obj:
    """An open session with its page."""
    mode = choice(params, "mode", MODES)
    if mode is None:
        raise missing_param("mode")
    if mode == "payment":
        raise invalid(
            "The sandbox has no one-off payments yet; modes are setup and subscription.", param="mode"
        )
    customer = text(params, "customer")
    if customer:
        state.get("customer", customer, "customer")
    elif mode == "setup" or not text(params, "customer_email"):
        raise missing_param("customer")
    if mode == "subscription" and not sequence(params, "line_items"):
        raise missing_param("line_items")
    session = _blank(state, mode, customer, params)
    if mode == "setup":
        wanted = mapping(mapping(params, "setup_intent_data"), "metadata")
        session["setup_intent"] = new_setup_intent(state, customer, dict(wanted))["id"]
    state.agenda.note(session["expires_at"], "expire_session", session["id"])
    state.hidden.session_params[session["id"]] = params
    return state.insert(session)


# What every session starts with.
OPEN_SESSION: Obj = {
    "object": "checkout.session",
    "adaptive_pricing": None,
    "after_expiration": None,
    "allow_promotion_codes": None,
    "amount_subtotal": None,
    "amount_total": None,
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "billing_address_collection": None,
    "client_secret": None,
    "collected_information": None,
    "consent": None,
    "consent_collection": None,
    "currency_conversion": None,
    "custom_fields": [],
    "customer_account": None,
    "customer_creation": None,
    "customer_details": None,
    "discounts": [],
    "invoice": None,
    "invoice_creation": None,
    "livemode": False,
    "payment_intent": None,
    "payment_link": None,
    "payment_method_collection": "always",
    "payment_method_configuration_details": None,
    "payment_method_options": {},
    "payment_method_types": ["card"],
    "permissions": None,
    "phone_number_collection": {"enabled": False},
    "recovered_from": None,
    "saved_payment_method_options": None,
    "setup_intent": None,
    "shipping_address_collection": None,
    "shipping_cost": None,
    "shipping_options": [],
    "status": "open",
    "submit_type": None,
    "subscription": None,
    "total_details": None,
    "ui_mode": "hosted_page",
    "wallet_options": None,
}


def _blank(state: State, mode: str, customer: str | None, params: Params) -> Obj:
    session_id = f"cs_test_{state.identifiers.token(58)}"
    return {
        **deepcopy(OPEN_SESSION),
        "id": session_id,
        "cancel_url": text(params, "cancel_url"),
        "client_reference_id": text(params, "client_reference_id"),
        "created": state.now,
        "currency": text(params, "currency"),
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        "customer": customer,
        "customer_email": text(params, "customer_email"),
        "expires_at": integer(params, "expires_at", state.now + DAY),
        "locale": text(params, "locale"),
        "metadata": merged_metadata({}, params),
        "mode": mode,
        "payment_status": "no_payment_required" if mode == "setup" else "unpaid",
        "success_url": required_text(params, "success_url"),
        "url": f"{state.public_base}/pay/{session_id}",
    }


def complete_session(state: State, session: Obj, method: Obj) -> str:
    """The customer submitted a method; gives the address to send them to. A refused card leaves it open."""
    if session["mode"] == "setup":
        succeed(state, state.get("setup_intent", session["setup_intent"]), method)
    else:
        _subscribe(state, session, method)
    customer = state.get("customer", session["customer"])
    session |= {"status": "complete", "url": None}
    session["customer_details"] = {
        "address": customer["address"],
        "business_name": None,
        "email": customer["email"],
        "individual_name": None,
        "name": customer["name"],
        "phone": customer["phone"],
        "tax_exempt": "none",
        "tax_ids": [],
    }
    emit(state, "checkout.session.completed", session)
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def _subscribe(state: State, session: Obj, method: Obj) -> None:
    from sandbox.customers.routes import new_customer

    params = state.hidden.session_params[session["id"]]
    if session["customer"] is None:
        customer = new_customer(state, {"email": session["customer_email"]})
        emit(state, "customer.created", customer)
        session["customer"] = customer["id"]
    items = [
        {key: row[key] for key in ("price", "quantity", "price_data") if key in row}
        for row in params["line_items"]
    ]
    wanted = {**mapping(params, "subscription_data"), "customer": session["customer"], "items": items}
    wanted |= {"default_payment_method": method["id"], "payment_behavior": "error_if_incomplete"}
    subscription = start_subscription(state, wanted)
    session |= {
        "subscription": subscription["id"],
        "invoice": subscription["latest_invoice"],
        "payment_status": "paid",
    }


def expire_session(state: State, session: Obj) -> None:
    session |= {"status": "expired", "url": None}
    emit(state, "checkout.session.expired", session)
