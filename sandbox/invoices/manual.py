"""Invoices that people write by hand, and the settings of a draft."""

from __future__ import annotations

from sandbox.clock import DAY
from sandbox.coupons.discounting import new_discounts
from sandbox.errors import invalid
from sandbox.events.record import emit
from sandbox.invoice_items.objects import pending_items, put_on_invoice, subscription_of_item
from sandbox.invoices.drafting import plan_finalization
from sandbox.invoices.lines import item_line
from sandbox.invoices.objects import blank_invoice, subscription_parent
from sandbox.invoices.totals import recount
from sandbox.parameters import (
    Params,
    choice,
    flag,
    given,
    integer,
    mapping,
    merged_metadata,
    required_text,
    sequence,
    text,
)
from sandbox.state import Obj, State

METHODS = ("charge_automatically", "send_invoice")
# What a customer has been shown does not change any more.
DRAFT_ONLY = (
    "collection_method", "custom_fields", "days_until_due", "description", "discounts", "due_date", "footer",
    "number", "statement_descriptor",
)  # fmt: skip


def write_invoice(state: State, params: Params) -> Obj:
    """A stored draft; by default without the waiting items and waiting for somebody to finalise it."""
    customer = state.get("customer", required_text(params, "customer"), "customer")
    subscription = _named_subscription(state, customer, params)
    currency = text(params, "currency") or (subscription or customer)["currency"] or "usd"
    invoice = blank_invoice(state, customer, currency.lower(), "manual")
    invoice["auto_advance"] = False
    if subscription:
        invoice["parent"] = subscription_parent(subscription)
        invoice["default_payment_method"] = subscription["default_payment_method"]
    waiting = _items_to_include(state, customer, invoice, subscription, params)
    invoice["lines"]["data"] = [item_line(state, invoice["id"], item) for item in waiting]
    if not given(params, "discounts") and customer["discount"]:
        invoice["discounts"] = [customer["discount"]["id"]]
    write_settings(state, invoice, params)
    if invoice["collection_method"] == "send_invoice" and invoice["due_date"] is None:
        message = "You must pass either `days_until_due` or `due_date` for a `send_invoice` invoice."
        raise invalid(message, param="days_until_due")
    customer["currency"] = customer["currency"] or invoice["currency"]
    put_on_invoice(state, waiting, invoice["id"])
    state.insert(invoice)
    if subscription:
        state.hidden.invoices_of_subscription[subscription["id"]].append(invoice["id"])
    emit(state, "invoice.created", invoice)
    return invoice


def _named_subscription(state: State, customer: Obj, params: Params) -> Obj | None:
    wanted = text(params, "subscription")
    if wanted is None:
        return None
    subscription = state.get("subscription", wanted, "subscription")
    if subscription["customer"] != customer["id"]:
        raise invalid("The subscription belongs to another customer.", param="subscription")
    return subscription


def _items_to_include(
    state: State, customer: Obj, invoice: Obj, subscription: Obj | None, params: Params
) -> list[Obj]:
    """Waiting items as asked; a subscription's own invoice is made of that one's items and needs some."""
    behaviour = choice(params, "pending_invoice_items_behavior", ("include", "exclude"))
    waiting = pending_items(state, customer["id"], invoice["currency"])
    if subscription is None:
        return waiting if behaviour == "include" else []
    own = [item for item in waiting if subscription_of_item(item) == subscription["id"]]
    if not own and behaviour != "exclude":
        message = "Nothing to invoice for subscription."
        raise invalid(message, param="subscription", code="invoice_no_subscription_line_items")
    return [] if behaviour == "exclude" else own


def write_settings(state: State, invoice: Obj, params: Params) -> None:
    """Every given setting, then the totals of a draft; what a final invoice has to keep is refused."""
    if invoice["status"] != "draft":
        for name in DRAFT_ONLY:
            if given(params, name):
                message = f"Finalized invoices can't be updated in this way: {name}."
                raise invalid(message, param=name, code="invoice_not_editable")
    invoice["metadata"] = merged_metadata(invoice["metadata"], params)
    for name in ("description", "footer", "statement_descriptor", "number"):
        if given(params, name):
            invoice[name] = text(params, name)
    if given(params, "custom_fields"):
        fields = [{"name": row["name"], "value": row["value"]} for row in sequence(params, "custom_fields")]
        invoice["custom_fields"] = fields or None
    if given(params, "default_payment_method"):
        invoice["default_payment_method"] = _own_method(
            state, invoice, text(params, "default_payment_method")
        )
    _set_collection(state, invoice, params)
    if given(params, "discounts"):
        invoice["discounts"] = invoice_discounts(state, invoice, params)
    if mapping(params, "payment_settings").get("payment_method_types"):
        invoice["payment_settings"]["payment_method_types"] = params["payment_settings"][
            "payment_method_types"
        ]
    if invoice["status"] == "draft":
        recount(state, invoice)
    if given(params, "auto_advance"):
        set_auto_advance(state, invoice, flag(params, "auto_advance"))


def _set_collection(state: State, invoice: Obj, params: Params) -> None:
    method = choice(params, "collection_method", METHODS, invoice["collection_method"])
    invoice["collection_method"] = method
    due, days = integer(params, "due_date"), integer(params, "days_until_due")
    if method == "charge_automatically":
        if due is not None or days is not None:
            raise invalid("Only a `send_invoice` invoice has a due date.", param="due_date")
        invoice["due_date"] = None
    elif due is not None or days is not None:
        invoice["due_date"] = due if due is not None else invoice["created"] + (days or 0) * DAY


def _own_method(state: State, invoice: Obj, method_id: str | None) -> str | None:
    if method_id is None:
        return None
    method = state.get("payment_method", method_id, "default_payment_method")
    if method["customer"] != invoice["customer"]:
        raise invalid("The payment method belongs to another customer.", param="default_payment_method")
    return method_id


def invoice_discounts(state: State, invoice: Obj, params: Params) -> list[str]:
    """Discounts of this invoice alone, so nobody is told of a customer's new discount."""
    with state.silently():
        return new_discounts(state, sequence(params, "discounts"), invoice)


def set_auto_advance(state: State, invoice: Obj, wanted: bool) -> None:
    """Whether the invoice goes on by itself: a draft becomes final, an open one is collected."""
    invoice["auto_advance"] = wanted
    if not wanted:
        invoice |= {"next_payment_attempt": None, "automatically_finalizes_at": None}
    elif invoice["status"] == "draft" and invoice["automatically_finalizes_at"] is None:
        plan_finalization(state, invoice)
    elif invoice["status"] == "open" and not invoice["attempted"]:
        state.agenda.note(state.now, "collect_first", invoice["id"])
