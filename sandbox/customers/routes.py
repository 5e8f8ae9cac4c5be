"""`/v1/customers`."""

from __future__ import annotations

from sandbox.coupons.on_customers import apply_customer_discount
from sandbox.cursors import listing
from sandbox.customers.balance import move_balance
from sandbox.errors import missing_object
from sandbox.events.record import changing, emit
from sandbox.parameters import (
    Params,
    choice,
    given,
    integer,
    mapping,
    merged_metadata,
    sequence,
    text,
    within,
)
from sandbox.payment_methods.attaching import attach, method_from_id
from sandbox.routing import Call, route
from sandbox.sources.objects import add_first_source
from sandbox.state import Obj, State
from sandbox.subscriptions.standing import end_subscription

WRITABLE = (
    "name email phone description address shipping metadata invoice_settings preferred_locales"
    " balance tax_exempt invoice_prefix next_invoice_sequence payment_method business_name"
    " individual_name cash_balance tax tax_id_data source coupon promotion_code"
)
ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
LIVE = ("active", "past_due", "trialing", "unpaid", "incomplete", "paused")


def new_customer(state: State, params: Params) -> Obj:
    """A stored customer without announcing it."""
    customer: Obj = {
        "id": state.new_id("cus"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": state.now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": state.identifiers.token(8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    apply(state, customer, params)
    return state.insert(customer)


def apply(state: State, customer: Obj, params: Params) -> None:
    """Write the given fields; a default method must be attached to this customer."""
    for name in ("name", "email", "phone", "description", "invoice_prefix"):
        if given(params, name):
            customer[name] = text(params, name)
    if given(params, "tax_exempt"):
        customer["tax_exempt"] = choice(params, "tax_exempt", ("exempt", "none", "reverse")) or "none"
    if given(params, "next_invoice_sequence"):
        customer["next_invoice_sequence"] = integer(params, "next_invoice_sequence", 1)
    for name in ("business_name", "individual_name"):
        if text(params, name):
            customer[name] = text(params, name)
    if given(params, "address"):
        address = mapping(params, "address")
        customer["address"] = {key: address.get(key) or None for key in ADDRESS} if address else None
    if given(params, "shipping"):
        customer["shipping"] = mapping(params, "shipping") or None
    if given(params, "preferred_locales"):
        customer["preferred_locales"] = sequence(params, "preferred_locales")
    customer["metadata"] = merged_metadata(customer["metadata"], params)
    settings = mapping(params, "invoice_settings")
    if given(settings, "footer"):
        customer["invoice_settings"]["footer"] = text(settings, "footer")
    if given(settings, "custom_fields"):
        customer["invoice_settings"]["custom_fields"] = sequence(settings, "custom_fields") or None
    if given(settings, "default_payment_method"):
        wanted = text(settings, "default_payment_method")
        if wanted:
            method = state.get("payment_method", wanted, "invoice_settings[default_payment_method]")
            if method["customer"] != customer["id"]:
                raise missing_object("payment_method", wanted, "invoice_settings[default_payment_method]")
        customer["invoice_settings"]["default_payment_method"] = wanted


def create(call: Call) -> Obj:
    early = {k: v for k, v in call.params.items() if k != "invoice_settings"}
    settings = {
        k: v for k, v in mapping(call.params, "invoice_settings").items() if k != "default_payment_method"
    }
    customer = new_customer(call.state, {**early, "invoice_settings": settings})
    method_id = text(call.params, "payment_method") or text(
        mapping(call.params, "invoice_settings"), "default_payment_method"
    )
    if method_id:
        try:
            method = method_from_id(call.state, method_id)
            attach(call.state, method, customer)
        except Exception:
            call.state.remove("customer", customer["id"])
            raise
        if mapping(call.params, "invoice_settings").get("default_payment_method"):
            customer["invoice_settings"]["default_payment_method"] = method["id"]
    opening = integer(call.params, "balance", 0) or 0
    if opening:
        with call.state.silently():
            move_balance(call.state, customer, opening, "initial", customer["currency"] or "usd")
    apply_customer_discount(call.state, customer, call.params)
    emit(call.state, "customer.created", customer)
    add_first_source(call.state, customer, call.params)
    return customer


def retrieve(call: Call) -> Obj:
    deleted = call.state.find("deleted_customer", call.id)
    if deleted:
        return {"id": call.id, "object": "customer", "deleted": True}
    return call.state.get("customer", call.id)


def update(call: Call) -> Obj:
    customer = call.state.get("customer", call.id)
    with changing(call.state, customer, "customer.updated"):
        apply(call.state, customer, call.params)
        apply_customer_discount(call.state, customer, call.params)
        wanted = integer(call.params, "balance", customer["balance"]) or 0
        if wanted != customer["balance"]:
            with call.state.silently():
                moved = wanted - customer["balance"]
                move_balance(call.state, customer, moved, "adjustment", customer["currency"] or "usd")
    return customer


def delete(call: Call) -> Obj:
    """Deleting ends the customer's subscriptions first, stops their invoices and takes the methods off."""
    state = call.state
    customer = state.get("customer", call.id)
    for subscription in state.rows("subscription"):
        if subscription["customer"] == customer["id"] and subscription["status"] in LIVE:
            end_subscription(state, subscription, reason="cancellation_requested")
    for invoice in state.rows("invoice"):
        if invoice["customer"] == customer["id"] and invoice["status"] in ("draft", "open"):
            invoice |= {
                "auto_advance": False,
                "automatically_finalizes_at": None,
                "next_payment_attempt": None,
            }
    for method in state.rows("payment_method"):
        if method["customer"] == customer["id"]:
            with changing(state, method, "payment_method.detached"):
                method["customer"] = None
    state.remove("customer", customer["id"])
    state.objects["deleted_customer"][customer["id"]] = customer
    emit(state, "customer.deleted", customer)
    return {"id": customer["id"], "object": "customer", "deleted": True}


def list_all(call: Call) -> Obj:
    rows = [row for row in call.state.rows("customer") if within(row["created"], call.params, "created")]
    for name in ("email", "test_clock"):
        wanted = text(call.params, name)
        rows = [row for row in rows if wanted in (None, row[name])]
    return listing(rows, call.params, "/v1/customers")


ROUTES = [
    route("POST", "/v1/customers", create, WRITABLE + " test_clock"),
    route("GET", "/v1/customers", list_all, "limit starting_after ending_before email created test_clock"),
    route("GET", "/v1/customers/{}", retrieve),
    route("POST", "/v1/customers/{}", update, WRITABLE),
    route("DELETE", "/v1/customers/{}", delete),
]
