"""`/v1/invoices/{}/lines`, and adding and removing lines of a draft in bulk."""

from __future__ import annotations

from sandbox.cursors import cut, envelope
from sandbox.errors import invalid, missing_object
from sandbox.events.record import emit
from sandbox.invoice_items.drafts import draft_from
from sandbox.invoice_items.objects import (
    forget_item,
    item_object,
    keep_item,
    put_on_invoice,
    unassign_item,
)
from sandbox.invoices.editing import drop_item, take_item
from sandbox.invoices.lines import item_id_of
from sandbox.parameters import Params, choice, required_text, sequence, text
from sandbox.routing import Call, route
from sandbox.state import Obj, State


def list_lines(call: Call) -> Obj:
    """In the order of the invoice, unlike other lists."""
    invoice = call.state.get("invoice", call.id)
    page, more = cut(invoice["lines"]["data"], call.params, lambda line: str(line["id"]))
    return envelope(page, f"/v1/invoices/{call.id}/lines", more)


def add_lines(call: Call) -> Obj:
    """Waiting items by id, or new charges as an invoice item takes them."""
    state, invoice = call.state, _draft(call)
    for number, entry in enumerate(sequence(call.params, "lines")):
        take_item(state, invoice, _item(state, invoice, entry, f"lines[{number}]"))
    return invoice


def _item(state: State, invoice: Obj, entry: Params, name: str) -> Obj:
    wanted = text(entry, "invoice_item")
    if wanted:
        item = state.get("invoiceitem", wanted, f"{name}[invoice_item]")
        if (item["customer"], item["invoice"]) != (invoice["customer"], None):
            raise invalid("The invoice item does not wait for this customer.", param=f"{name}[invoice_item]")
        put_on_invoice(state, [item], invoice["id"])
        return item
    customer = state.get("customer", invoice["customer"])
    draft = draft_from(state, entry, currency=invoice["currency"], name=name)
    item = keep_item(state, item_object(state, customer, draft, invoice["id"]))
    emit(state, "invoiceitem.created", item)
    return item


def remove_lines(call: Call) -> Obj:
    """`delete` takes the item behind a line away for good, `unassign` lets it wait again."""
    state, invoice = call.state, _draft(call)
    for number, entry in enumerate(sequence(call.params, "lines")):
        line_id = required_text(entry, "id")
        line = next((row for row in invoice["lines"]["data"] if row["id"] == line_id), None)
        item = state.find("invoiceitem", item_id_of(line)) if line else None
        if item is None:
            raise missing_object("line_item", line_id, f"lines[{number}][id]")
        drop_item(state, invoice, item)
        if choice(entry, "behavior", ("delete", "unassign"), "delete") == "unassign":
            unassign_item(state, item)
        else:
            forget_item(state, item)
            emit(state, "invoiceitem.deleted", item)
    return invoice


def _draft(call: Call) -> Obj:
    invoice = call.state.get("invoice", call.id)
    if invoice["status"] != "draft":
        raise invalid("Only a draft's lines can change.", code="invoice_not_editable")
    return invoice


ROUTES = [
    route("GET", "/v1/invoices/{}/lines", list_lines, "limit starting_after ending_before"),
    route("POST", "/v1/invoices/{}/add_lines", add_lines, "lines"),
    route("POST", "/v1/invoices/{}/remove_lines", remove_lines, "lines"),
]
