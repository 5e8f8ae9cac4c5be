"""`/v1/checkout/sessions`."""

from __future__ import annotations

from sandbox.checkout_sessions.lines import lines_of, list_url
from sandbox.checkout_sessions.objects import expire_session, new_session
from sandbox.cursors import listing
from sandbox.errors import invalid
from sandbox.parameters import mapping, merged_metadata, text, within
from sandbox.routing import Call, route
from sandbox.state import Obj

CREATE = (
    "mode customer currency metadata success_url cancel_url client_reference_id customer_email customer_creation"
    " line_items subscription_data setup_intent_data payment_intent_data expires_at locale"
    " allowed_payment_method_types excluded_payment_method_types payment_method_types payment_method_collection"
    " payment_method_options billing_address_collection ui_mode customer_update after_expiration"
    " custom_text consent_collection submit_type discounts allow_promotion_codes return_url redirect_on_completion"
    " automatic_tax saved_payment_method_options phone_number_collection origin_context invoice_creation"
    " adaptive_pricing tax_id_collection"
)


def create(call: Call) -> Obj:
    return new_session(call.state, call.params)


def retrieve(call: Call) -> Obj:
    return call.state.get("checkout.session", call.id)


def update(call: Call) -> Obj:
    session = call.state.get("checkout.session", call.id)
    session["metadata"] = merged_metadata(session["metadata"], call.params)
    return session


def expire(call: Call) -> Obj:
    session = call.state.get("checkout.session", call.id)
    if session["status"] != "open":
        raise invalid(
            f"Only Checkout Sessions with a status in ['open'] can be expired; this is {session['status']}."
        )
    expire_session(call.state, session)
    return session


def list_lines(call: Call) -> Obj:
    """The line items in the order in which they were given."""
    call.state.get("checkout.session", call.id)
    return listing(list(reversed(lines_of(call.state, call.id))), call.params, list_url(call.id))


def list_all(call: Call) -> Obj:
    rows = [
        row for row in call.state.rows("checkout.session") if within(row["created"], call.params, "created")
    ]
    for name in ("customer", "subscription", "payment_intent", "status"):
        wanted = text(call.params, name)
        rows = [row for row in rows if wanted in (None, row[name])]
    email = text(mapping(call.params, "customer_details"), "email")
    rows = [row for row in rows if email in (None, (row["customer_details"] or {}).get("email"))]
    return listing(rows, call.params, "/v1/checkout/sessions")


PAGE = "limit starting_after ending_before"
FILTERS = f"{PAGE} customer subscription payment_intent status created customer_details"
ROUTES = [
    route("POST", "/v1/checkout/sessions", create, CREATE),
    route("GET", "/v1/checkout/sessions", list_all, FILTERS),
    route("GET", "/v1/checkout/sessions/{}", retrieve),
    route("POST", "/v1/checkout/sessions/{}", update, "metadata"),
    route("POST", "/v1/checkout/sessions/{}/expire", expire),
    route("GET", "/v1/checkout/sessions/{}/line_items", list_lines, PAGE),
]
