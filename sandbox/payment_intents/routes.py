"""`/v1/payment_intents`."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.errors import missing_param
from sandbox.events.record import emit
from sandbox.parameters import (
    Params,
    choice,
    flag,
    given,
    integer,
    merged_metadata,
    required_integer,
    required_text,
    text,
    within,
)
from sandbox.payment_intents.capturing import cancel_intent, capture_intent, unexpected_state
from sandbox.payment_intents.confirming import check_method, confirm_intent
from sandbox.payment_intents.fields import apply_fields, checked_amount, checked_currency, default_types
from sandbox.payment_intents.objects import new_intent
from sandbox.payment_methods.attaching import method_from_params
from sandbox.routing import Call, route
from sandbox.state import Obj, State

# Older versions name the types `payment_method_types`; the newest split it into allowed and excluded ones.
SHARED = (
    "payment_method payment_method_data payment_method_options payment_method_types setup_future_usage shipping"
    " receipt_email capture_method amount_details allowed_payment_method_types excluded_payment_method_types"
)
WRITABLE = (
    f"{SHARED} customer description metadata statement_descriptor statement_descriptor_suffix transfer_group"
    " application_fee_amount payment_method_configuration"
)
CONFIRM = f"{SHARED} off_session return_url mandate mandate_data error_on_requires_action use_stripe_sdk radar_options"
CREATE = (
    f"{WRITABLE} amount currency confirm confirmation_method automatic_payment_methods off_session return_url"
    " mandate mandate_data error_on_requires_action use_stripe_sdk radar_options on_behalf_of"
)
CAPTURE = "amount_to_capture metadata statement_descriptor statement_descriptor_suffix final_capture"
REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
# What may still change once an intent is over.
ALWAYS = {"metadata", "description", "receipt_email", "expand"}


def create(call: Call) -> Obj:
    """A new intent, confirmed at once when `confirm` says so."""
    state, params = call.state, call.params
    currency = checked_currency(required_text(params, "currency"))
    amount = checked_amount(required_integer(params, "amount"), currency)
    customer = text(params, "customer")
    if customer:
        state.get("customer", customer, "customer")
    intent = new_intent(state, amount=amount, currency=currency, customer=customer, description=None)
    try:
        if not given(params, "payment_method_types"):
            default_types(intent)
        apply_fields(intent, params)
        _take_method(state, intent, params)
        if flag(params, "confirm") and intent["payment_method"] is None:
            raise missing_param("payment_method")
    except Exception:
        state.remove("payment_intent", intent["id"])
        raise
    emit(state, "payment_intent.created", intent)
    if not flag(params, "confirm"):
        return intent
    confirming = ("off_session", "return_url", "error_on_requires_action")
    return confirm_intent(state, intent, {name: params[name] for name in confirming if name in params})


def _take_method(state: State, intent: Obj, params: Params) -> None:
    method = method_from_params(state, params)
    if method is not None:
        check_method(state, intent, method)
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}


def confirm(call: Call) -> Obj:
    return confirm_intent(call.state, call.state.get("payment_intent", call.id), call.params)


def capture(call: Call) -> Obj:
    intent = call.state.get("payment_intent", call.id)
    intent["metadata"] = merged_metadata(intent["metadata"], call.params)
    capture_intent(call.state, intent, integer(call.params, "amount_to_capture"))
    return intent


def cancel(call: Call) -> Obj:
    intent = call.state.get("payment_intent", call.id)
    cancel_intent(call.state, intent, choice(call.params, "cancellation_reason", REASONS))
    return intent


def retrieve(call: Call) -> Obj:
    return call.state.get("payment_intent", call.id)


def update(call: Call) -> Obj:
    """An intent that waits for a method, a confirmation or an action can still be changed."""
    state, params = call.state, call.params
    intent = state.get("payment_intent", call.id)
    if (
        intent["status"] in ("succeeded", "canceled", "processing", "requires_capture")
        and set(params) - ALWAYS
    ):
        raise unexpected_state(intent, "updated")
    if given(params, "currency"):
        intent["currency"] = checked_currency(required_text(params, "currency"))
    if given(params, "amount"):
        intent["amount"] = checked_amount(required_integer(params, "amount"), intent["currency"])
    if given(params, "customer"):
        intent["customer"] = state.get("customer", required_text(params, "customer"), "customer")["id"]
    apply_fields(intent, params)
    _take_method(state, intent, params)
    return intent


def list_all(call: Call) -> Obj:
    customer = text(call.params, "customer")
    rows = [row for row in call.state.rows("payment_intent") if customer in (None, row["customer"])]
    rows = [row for row in rows if within(row["created"], call.params, "created")]
    return listing(rows, call.params, "/v1/payment_intents")


ROUTES = [
    route("POST", "/v1/payment_intents", create, CREATE),
    route("GET", "/v1/payment_intents", list_all, "limit starting_after ending_before customer created"),
    route("GET", "/v1/payment_intents/{}", retrieve, "client_secret"),
    route("POST", "/v1/payment_intents/{}", update, f"{WRITABLE} amount currency"),
    route("POST", "/v1/payment_intents/{}/confirm", confirm, CONFIRM),
    route("POST", "/v1/payment_intents/{}/capture", capture, CAPTURE),
    route("POST", "/v1/payment_intents/{}/cancel", cancel, "cancellation_reason"),
]
