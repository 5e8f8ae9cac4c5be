"""`/v1/payment_intents`."""

from __future__ import annotations

from sandbox.cards.verdicts import Declined, NeedsAction
from sandbox.cursors import listing
from sandbox.errors import invalid, missing_param
from sandbox.events.record import emit
from sandbox.invoices.collection import collect
from sandbox.parameters import flag, given, merged_metadata, required_integer, required_text, text, within
from sandbox.payment_intents.charging import action_fault, charge_intent, declined_fault, new_intent
from sandbox.payment_methods.attaching import method_from_id
from sandbox.routing import Call, route
from sandbox.state import Obj

CREATE = (
    "amount currency customer payment_method confirm off_session description metadata"
    " automatic_payment_methods setup_future_usage allowed_payment_method_types return_url"
    " receipt_email statement_descriptor confirmation_method"
)
CONFIRM = "payment_method off_session return_url setup_future_usage mandate_data payment_method_options"


def create(call: Call) -> Obj:
    customer = text(call.params, "customer")
    if customer:
        call.state.get("customer", customer, "customer")
    intent = new_intent(
        call.state,
        amount=required_integer(call.params, "amount"),
        currency=required_text(call.params, "currency").lower(),
        customer=customer,
        description=text(call.params, "description"),
    )
    intent["metadata"] = merged_metadata({}, call.params)
    wanted = text(call.params, "payment_method")
    if wanted:
        intent["payment_method"] = method_from_id(call.state, wanted)["id"]
        intent["status"] = "requires_confirmation"
    emit(call.state, "payment_intent.created", intent)
    return _confirm(call, intent) if flag(call.params, "confirm") else intent


def confirm(call: Call) -> Obj:
    return _confirm(call, call.state.get("payment_intent", call.id))


def _confirm(call: Call, intent: Obj) -> Obj:
    """Charge now. An intent that belongs to an invoice is collected as that invoice."""
    if intent["status"] in ("succeeded", "processing", "canceled"):
        raise invalid(f"The intent is {intent['status']}.", code="payment_intent_unexpected_state")
    wanted = text(call.params, "payment_method") or intent["payment_method"]
    if wanted is None:
        raise missing_param("payment_method")
    method = method_from_id(call.state, wanted)
    off_session = flag(call.params, "off_session")
    invoice = call.state.find("invoice", call.state.hidden.invoice_of_intent.get(intent["id"]))
    if invoice:
        verdict = collect(
            call.state, invoice, automatic=False, method=method, off_session=off_session
        ).verdict
    else:
        verdict = charge_intent(call.state, intent, method, off_session=off_session)
    if isinstance(verdict, Declined):
        raise declined_fault(intent)
    if isinstance(verdict, NeedsAction) and off_session:
        raise action_fault(intent, method, "authentication_required")
    return intent


def cancel(call: Call) -> Obj:
    intent = call.state.get("payment_intent", call.id)
    if intent["status"] in ("succeeded", "canceled"):
        raise invalid(f"The intent is {intent['status']}.", code="payment_intent_unexpected_state")
    intent |= {
        "status": "canceled",
        "canceled_at": call.state.now,
        "cancellation_reason": text(call.params, "cancellation_reason"),
    }
    emit(call.state, "payment_intent.canceled", intent)
    return intent


def retrieve(call: Call) -> Obj:
    return call.state.get("payment_intent", call.id)


def update(call: Call) -> Obj:
    intent = call.state.get("payment_intent", call.id)
    intent["metadata"] = merged_metadata(intent["metadata"], call.params)
    if given(call.params, "description"):
        intent["description"] = text(call.params, "description")
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
    route("POST", "/v1/payment_intents/{}", update, "metadata description"),
    route("POST", "/v1/payment_intents/{}/confirm", confirm, CONFIRM),
    route("POST", "/v1/payment_intents/{}/cancel", cancel, "cancellation_reason"),
]
