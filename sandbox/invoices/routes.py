"""`/v1/invoices`."""

from __future__ import annotations

from sandbox.cards.verdicts import Declined, NeedsAction
from sandbox.cursors import listing
from sandbox.errors import invalid
from sandbox.events.record import changing, emit
from sandbox.invoice_items.objects import release_items
from sandbox.invoices import line_routes
from sandbox.invoices.closing import mark_paid, mark_uncollectible, void
from sandbox.invoices.collection import collect
from sandbox.invoices.drafting import finalize_invoice
from sandbox.invoices.manual import write_invoice, write_settings
from sandbox.invoices.objects import subscription_of
from sandbox.invoices.preview import preview
from sandbox.parameters import flag, given, text, within
from sandbox.payment_intents.charging import action_fault, declined_fault
from sandbox.payment_methods.attaching import method_from_id
from sandbox.routing import Call, route
from sandbox.state import Obj

PAY = "payment_method paid_out_of_band off_session forgive source mandate"
UPDATE = (
    "metadata description auto_advance default_payment_method footer due_date days_until_due custom_fields"
    " collection_method payment_settings discounts number statement_descriptor"
)
CREATE = UPDATE + " customer subscription currency pending_invoice_items_behavior"


def retrieve(call: Call) -> Obj:
    return call.state.get("invoice", call.id)


def list_all(call: Call) -> Obj:
    state, params = call.state, call.params
    wanted = text(params, "subscription")
    rows = state.rows("invoice")
    if wanted:
        rows = [state.get("invoice", row) for row in state.hidden.invoices_of_subscription.get(wanted, [])]
    for name in ("customer", "status", "collection_method"):
        value = text(params, name)
        rows = [row for row in rows if value in (None, row[name])]
    rows = [row for row in rows if within(row["created"], params, "created")]
    if given(params, "due_date"):
        rows = [row for row in rows if row["due_date"] and within(row["due_date"], params, "due_date")]
    return listing(rows, params, "/v1/invoices")


def pay(call: Call) -> Obj:
    """Collect now; a decline is a 402, an invoice that is paid or void a 400."""
    state, invoice = call.state, call.state.get("invoice", call.id)
    if invoice["status"] == "draft":
        finalize_invoice(state, invoice, send=False)
        if invoice["status"] == "paid":
            return invoice
    if invoice["status"] == "paid":
        raise invalid("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] == "void":
        raise invalid("A void invoice cannot be paid", code="invoice_not_open")
    if flag(call.params, "paid_out_of_band"):
        mark_paid(state, invoice, out_of_band=True)
        return invoice
    wanted = text(call.params, "payment_method")
    method = method_from_id(state, wanted) if wanted else None
    if method is not None and method["customer"] != invoice["customer"]:
        raise invalid("The payment method does not belong to the invoice's customer.", param="payment_method")
    off_session = flag(call.params, "off_session", True)
    attempt = collect(state, invoice, automatic=False, method=method, off_session=off_session)
    if attempt.method is None and invoice["status"] != "paid":
        raise invalid("The customer has no default payment method to charge.", code="resource_missing")
    intent = state.find("payment_intent", state.hidden.intent_of_invoice.get(invoice["id"]))
    if intent and isinstance(attempt.verdict, Declined):
        raise declined_fault(intent)
    if intent and attempt.method and isinstance(attempt.verdict, NeedsAction):
        raise action_fault(intent, attempt.method, "invoice_payment_intent_requires_action")
    return invoice


def finalize(call: Call) -> Obj:
    invoice = call.state.get("invoice", call.id)
    if invoice["status"] != "draft":
        raise invalid("Only a draft can be finalized.", code="invoice_not_editable")
    invoice["auto_advance"] = flag(call.params, "auto_advance", invoice["auto_advance"])
    finalize_invoice(call.state, invoice)
    if (
        invoice["status"] == "open"
        and invoice["auto_advance"]
        and invoice["collection_method"] == "charge_automatically"
    ):
        call.state.agenda.note(
            call.state.now + call.state.policy.finalize_after_seconds, "collect_first", call.id
        )
    return invoice


def void_now(call: Call) -> Obj:
    state, invoice = call.state, call.state.get("invoice", call.id)
    if invoice["status"] not in ("open", "uncollectible"):
        raise invalid("Only an open or uncollectible invoice can be voided.", code="invoice_not_open")
    intent = state.find("payment_intent", state.hidden.intent_of_invoice.get(invoice["id"]))
    if intent is not None and intent["status"] == "processing":
        raise invalid("An invoice with a payment in process cannot be voided.", code="invoice_not_editable")
    void(state, invoice)
    return invoice


def give_up(call: Call) -> Obj:
    invoice = call.state.get("invoice", call.id)
    if invoice["status"] != "open":
        raise invalid("Only an open invoice can be marked uncollectible.", code="invoice_not_open")
    mark_uncollectible(call.state, invoice, "user_forgiven")
    return invoice


def send(call: Call) -> Obj:
    """Finalised if it is still a draft, then on its way to the customer."""
    invoice = call.state.get("invoice", call.id)
    if invoice["status"] == "draft":
        finalize_invoice(call.state, invoice, send=False)
    elif invoice["status"] == "void":
        raise invalid("A void invoice cannot be sent.", code="invoice_not_open")
    emit(call.state, "invoice.sent", invoice)
    return invoice


def create(call: Call) -> Obj:
    return write_invoice(call.state, call.params)


def update(call: Call) -> Obj:
    invoice = call.state.get("invoice", call.id)
    with changing(call.state, invoice, "invoice.updated"):
        write_settings(call.state, invoice, call.params)
    return invoice


def delete(call: Call) -> Obj:
    invoice = call.state.get("invoice", call.id)
    if invoice["status"] != "draft" or subscription_of(call.state, invoice):
        raise invalid("Only a manual draft can be deleted.", code="invoice_not_editable")
    release_items(call.state, call.id)
    call.state.remove("invoice", call.id)
    emit(call.state, "invoice.deleted", invoice)
    return {"id": call.id, "object": "invoice", "deleted": True}


def create_preview(call: Call) -> Obj:
    return preview(call.state, call.params)


PREVIEW = (
    "customer subscription subscription_details discounts invoice_items currency preview_mode automatic_tax"
)
FILTERS = "limit starting_after ending_before customer subscription status created due_date collection_method"
ROUTES = [
    route("POST", "/v1/invoices", create, CREATE),
    route("GET", "/v1/invoices", list_all, FILTERS),
    route("POST", "/v1/invoices/create_preview", create_preview, PREVIEW),
    route("GET", "/v1/invoices/{}", retrieve),
    route("POST", "/v1/invoices/{}", update, UPDATE),
    route("DELETE", "/v1/invoices/{}", delete),
    route("POST", "/v1/invoices/{}/pay", pay, PAY),
    route("POST", "/v1/invoices/{}/finalize", finalize, "auto_advance"),
    route("POST", "/v1/invoices/{}/void", void_now),
    route("POST", "/v1/invoices/{}/mark_uncollectible", give_up),
    route("POST", "/v1/invoices/{}/send", send),
    *line_routes.ROUTES,
]
