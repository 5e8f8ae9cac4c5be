"""The session object, from its creation to its expiry."""

from __future__ import annotations

from copy import deepcopy

from sandbox.checkout_sessions.lines import add_up, new_lines
from sandbox.checkout_sessions.options import (
    after_expiration,
    consent_collection,
    deadline,
    returning,
    session_discounts,
)
from sandbox.clock import DAY
from sandbox.errors import invalid, missing_param
from sandbox.events.record import emit
from sandbox.parameters import Params, choice, flag, given, mapping, merged_metadata, sequence, text
from sandbox.setup_intents.objects import new_setup_intent
from sandbox.state import Obj, State

MODES = ("setup", "subscription", "payment")
CREATION = {"payment": "if_required", "setup": None, "subscription": "always"}
# How long the page that recovers an expired session can be opened.
RECOVERY_SECONDS = 30 * DAY

# What every session starts with.
OPEN_SESSION: Obj = {
    "object": "checkout.session",
    "adaptive_pricing": None,
    "amount_subtotal": None,
    "amount_total": None,
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "billing_address_collection": None,
    "client_secret": None,
    "collected_information": None,
    "consent": None,
    "currency_conversion": None,
    "custom_fields": [],
    "customer_account": None,
    "customer_details": None,
    "invoice": None,
    "invoice_creation": None,
    "livemode": False,
    "payment_intent": None,
    "payment_link": None,
    "payment_method_configuration_details": None,
    "payment_method_options": {},
    "permissions": None,
    "phone_number_collection": {"enabled": False},
    "recovered_from": None,
    "saved_payment_method_options": None,
    "setup_intent": None,
    "shipping_address_collection": None,
    "shipping_cost": None,
    "shipping_options": [],
    "status": "open",
    "subscription": None,
    "total_details": None,
    "wallet_options": None,
}


def new_session(state: State, params: Params, recovered_from: str | None = None) -> Obj:
    """An open session with its page."""
    mode = choice(params, "mode", MODES)
    if mode is None:
        raise missing_param("mode")
    entries = sequence(params, "line_items")
    if mode == "setup" and entries:
        raise invalid("You cannot pass line_items in setup mode.", param="line_items")
    if mode != "setup" and not entries:
        raise missing_param("line_items")
    session = _blank(state, mode, params)
    session["recovered_from"] = recovered_from
    if mode == "setup":
        _prepare_setup(state, session, mapping(params, "setup_intent_data"))
    else:
        session["currency"] = new_lines(state, session["id"], entries, mode)[0]["currency"]
        session["discounts"] = session_discounts(state, params, session["customer"])
        recount(state, session, params)
    state.agenda.note(session["expires_at"], "expire_session", session["id"])
    state.hidden.session_params[session["id"]] = params
    return state.insert(session)


def _prepare_setup(state: State, session: Obj, wanted: Params) -> None:
    metadata = merged_metadata({}, wanted)
    intent = new_setup_intent(state, session["customer"], metadata)
    intent |= {
        "description": text(wanted, "description"),
        "payment_method_types": session["payment_method_types"],
    }
    session["setup_intent"] = intent["id"]


def recount(state: State, session: Obj, params: Params) -> None:
    """The totals, and whether there is anything to pay."""
    data = mapping(params, "subscription_data")
    trial = bool(text(data, "trial_period_days") or text(data, "trial_end"))
    add_up(state, session, free_trial=trial)
    session["payment_status"] = "unpaid" if session["amount_total"] else "no_payment_required"


def _blank(state: State, mode: str, params: Params) -> Obj:
    session_id = f"cs_test_{state.identifiers.token(58)}"
    customer = text(params, "customer")
    if customer:
        state.get("customer", customer, "customer")
        if given(params, "customer_email"):
            raise invalid("You may only specify one of customer and customer_email.", param="customer_email")
    kinds = sequence(params, "payment_method_types") or sequence(params, "allowed_payment_method_types")
    creation = choice(params, "customer_creation", ("always", "if_required"), CREATION[mode])
    session: Obj = {
        **deepcopy(OPEN_SESSION),
        "id": session_id,
        "after_expiration": after_expiration(params),
        "allow_promotion_codes": flag(params, "allow_promotion_codes") if given(params, "allow_promotion_codes")
        else None,
        "client_reference_id": text(params, "client_reference_id"),
        "consent_collection": consent_collection(params),
        "created": state.now,
        "currency": text(params, "currency"),
        "custom_text": {**dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
                        **mapping(params, "custom_text")},
        "customer": customer,
        "customer_creation": None if customer else creation,
        "customer_email": text(params, "customer_email"),
        "discounts": [],
        "expires_at": deadline(state.now, params),
        "locale": text(params, "locale"),
        "metadata": merged_metadata({}, params),
        "mode": mode,
        "payment_method_collection": choice(
            params, "payment_method_collection", ("always", "if_required"), "if_required" if mode == "payment"
            else "always"
        ),
        "payment_method_types": [str(kind) for kind in kinds] or ["card"],
        "payment_status": "no_payment_required" if mode == "setup" else "unpaid",
        "submit_type": text(params, "submit_type"),
    }  # fmt: skip
    session |= returning(params)
    if session["ui_mode"] == "hosted_page":
        session["url"] = f"{state.public_base}/pay/{session_id}"
    else:
        session |= {"client_secret": f"{session_id}_secret_{state.identifiers.token(24)}", "url": None}
    return session


def expire_session(state: State, session: Obj) -> None:
    """Nobody can pay any more; with recovery on, a link opens a copy of the session for a month."""
    session |= {"status": "expired", "url": None}
    recovery = (session["after_expiration"] or {}).get("recovery")
    if recovery and recovery["enabled"]:
        recovery["expires_at"] = state.now + RECOVERY_SECONDS
        recovery["url"] = f"{state.public_base}/recover/{session['id']}"
    emit(state, "checkout.session.expired", session)
