"""`/v1/checkout/sessions`."""

from __future__ import annotations

from sandbox.checkout_sessions.objects import expire_session, new_session
from sandbox.cursors import listing
from sandbox.errors import invalid
from sandbox.parameters import text, within
from sandbox.routing import Call, route
from sandbox.state import Obj

CREATE = (
    "mode customer currency metadata success_url cancel_url client_reference_id customer_email"
    " line_items subscription_data setup_intent_data payment_intent_data expires_at locale"
    " allowed_payment_method_types excluded_payment_method_types payment_method_collection"
    " payment_method_options billing_address_collection ui_mode customer_update after_expiration"
    " custom_text consent_collection submit_type discounts allow_promotion_codes return_url"
    " automatic_tax saved_payment_method_options phone_number_collection origin_context"
)


def create(call: Call) -> Obj:
    return new_session(call.state, call.params)


def retrieve(call: Call) -> Obj:
    return call.state.get("checkout.session", call.id)


def expire(call: Call) -> Obj:
    session = call.state.get("checkout.session", call.id)
    if session["status"] != "open":
        raise invalid(f"The session is {session['status']}, not open.")
    expire_session(call.state, session)
    return session


def list_all(call: Call) -> Obj:
    rows = [
        row for row in call.state.rows("checkout.session") if within(row["created"], call.params, "created")
    ]
    for name in ("customer", "subscription", "payment_intent", "status"):
        wanted = text(call.params, name)
        rows = [row for row in rows if wanted in (None, row[name])]
    return listing(rows, call.params, "/v1/checkout/sessions")


FILTERS = "limit starting_after ending_before customer subscription payment_intent status created"
ROUTES = [
    route("POST", "/v1/checkout/sessions", create, CREATE),
    route("GET", "/v1/checkout/sessions", list_all, FILTERS),
    route("GET", "/v1/checkout/sessions/{}", retrieve),
    route("POST", "/v1/checkout/sessions/{}/expire", expire),
]
