"""`/v1/invoiceitems`."""

from __future__ import annotations

from sandbox.coupons.discounting import new_discounts
from sandbox.cursors import listing
from sandbox.errors import invalid
from sandbox.events.record import emit
from sandbox.invoice_items.drafts import draft_from
from sandbox.invoice_items.objects import forget_item, item_object, keep_item
from sandbox.invoices.editing import drop_item, refresh_item, take_item
from sandbox.parameters import Params, flag, given, merged_metadata, required_text, sequence, text, within
from sandbox.routing import Call, route
from sandbox.state import Obj, State

WRITABLE = (
    "amount description discountable discounts metadata period price_data pricing quantity quantity_decimal"
    " tax_behavior tax_code tax_rates unit_amount_decimal price unit_amount"
)
CREATE = WRITABLE + " currency customer customer_account invoice subscription"
MONEY = ("amount", "price_data", "pricing", "price", "quantity", "unit_amount", "unit_amount_decimal")


def create(call: Call) -> Obj:
    """Waits for the customer's next invoice, or goes on the draft that `invoice` names."""
    state, params = call.state, call.params
    invoice = _draft_invoice(state, text(params, "invoice"))
    named = text(params, "customer") or (invoice["customer"] if invoice else None)
    customer = state.get("customer", named or required_text(params, "customer"), "customer")
    draft = draft_from(state, params, currency=invoice["currency"] if invoice else customer["currency"])
    _check(state, customer, invoice, draft.currency, draft.subscription)
    item = item_object(state, customer, draft, invoice["id"] if invoice else None)
    customer["currency"] = customer["currency"] or draft.currency
    _set_discounts(state, item, params)
    keep_item(state, item)
    emit(state, "invoiceitem.created", item)
    if invoice:
        take_item(state, invoice, item)
    return item


def _draft_invoice(state: State, invoice_id: str | None) -> Obj | None:
    if invoice_id is None:
        return None
    invoice = state.get("invoice", invoice_id, "invoice")
    if invoice["status"] != "draft":
        raise invalid("Items can only be added to a draft.", param="invoice", code="invoice_not_editable")
    return invoice


def _check(
    state: State, customer: Obj, invoice: Obj | None, currency: str, subscription_id: str | None
) -> None:
    """An item, its invoice and its subscription belong to one customer and have one currency."""
    if invoice and (invoice["customer"], invoice["currency"]) != (customer["id"], currency):
        raise invalid("The invoice has another customer or currency.", param="invoice")
    if subscription_id is None:
        return
    subscription = state.get("subscription", subscription_id, "subscription")
    if subscription["customer"] != customer["id"] or subscription["currency"] != currency:
        raise invalid("The subscription has another customer or currency.", param="subscription")
    if subscription["status"] in ("canceled", "incomplete_expired"):
        raise invalid("The subscription has ended.", param="subscription")


def retrieve(call: Call) -> Obj:
    return call.state.get("invoiceitem", call.id)


def update(call: Call) -> Obj:
    """Changes the money only as long as no finished invoice shows it."""
    state, params = call.state, call.params
    item = state.get("invoiceitem", call.id)
    invoice = _invoice_to_edit(state, item)
    if any(given(params, name) for name in MONEY):
        unit = item["pricing"]
        known = {"quantity": item["quantity"], "price": unit["price_details"]["price"]}
        asked = {key: value for key, value in params.items() if key in MONEY}
        if "amount" in asked:
            known = {}
        draft = draft_from(
            state, {"description": item["description"], **known, **asked}, currency=item["currency"]
        )
        shown = item_object(state, state.get("customer", item["customer"]), draft)
        for name in ("amount", "net_amount", "pricing", "quantity", "quantity_decimal"):
            item[name] = shown[name]
    if given(params, "description"):
        item["description"] = text(params, "description")
    if given(params, "period"):
        item["period"] = {key: int(params["period"][key]) for key in ("start", "end")}
    _set_discounts(state, item, params)
    item["discountable"] = flag(params, "discountable", item["discountable"])
    item["metadata"] = merged_metadata(item["metadata"], params)
    if invoice:
        refresh_item(state, invoice, item)
    return item


def _set_discounts(state: State, item: Obj, params: Params) -> None:
    """Discounts of this item alone; nobody is told of a customer's new discount."""
    if given(params, "discounts"):
        with state.silently():
            item["discounts"] = new_discounts(state, sequence(params, "discounts"), item)


def delete(call: Call) -> Obj:
    item = call.state.get("invoiceitem", call.id)
    invoice = _invoice_to_edit(call.state, item)
    forget_item(call.state, item)
    emit(call.state, "invoiceitem.deleted", item)
    if invoice:
        drop_item(call.state, invoice, item)
    return {"id": call.id, "object": "invoiceitem", "deleted": True}


def _invoice_to_edit(state: State, item: Obj) -> Obj | None:
    """The draft an item is on; None while it waits, a refusal once its invoice is final."""
    invoice = state.find("invoice", item["invoice"])
    if invoice is not None and invoice["status"] != "draft":
        message = "The invoice item is on a finalized invoice and cannot be changed any more."
        raise invalid(message, param="id", code="invoice_not_editable")
    return invoice


def list_all(call: Call) -> Obj:
    rows, params = call.state.rows("invoiceitem"), call.params
    for name in ("customer", "invoice"):
        wanted = text(params, name)
        rows = [row for row in rows if wanted in (None, row[name])]
    if given(params, "pending"):
        rows = [row for row in rows if (row["invoice"] is None) == flag(params, "pending")]
    rows = [row for row in rows if within(row["date"], params, "created")]
    return listing(rows, params, "/v1/invoiceitems")


FILTERS = "limit starting_after ending_before customer customer_account invoice pending created"
ROUTES = [
    route("POST", "/v1/invoiceitems", create, CREATE),
    route("GET", "/v1/invoiceitems", list_all, FILTERS),
    route("GET", "/v1/invoiceitems/{}", retrieve),
    route("POST", "/v1/invoiceitems/{}", update, WRITABLE + " invoicing_rules"),
    route("DELETE", "/v1/invoiceitems/{}", delete),
]
