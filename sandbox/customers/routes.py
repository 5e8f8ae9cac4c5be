"""`/v1/customers`."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.errors import missing_object
from sandbox.events.record import changing, emit
from sandbox.parameters import Params, given, integer, mapping, merged_metadata, sequence, text, within
from sandbox.payment_methods.attaching import attach, method_from_id
from sandbox.routing import Call, route
from sandbox.state import Obj, State
from sandbox.subscriptions.standing import end_subscription

WRITABLE = (
    "name email phone description address shipping metadata invoice_settings preferred_locales"
    " balance tax_exempt invoice_prefix next_invoice_sequence payment_method business_name"
    " individual_name cash_balance tax tax_id_data source coupon"
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
    for name in ("name", "email", "phone", "description", "tax_exempt", "invoice_prefix"):
        if given(params, name):
            customer[name] = text(params, name)
    for name in ("business_name", "individual_name"):
        if text(params, name):
            customer[name] = text(params, name)
    if given(params, "balance"):
        customer["balance"] = integer(params, "balance", 0)
    if given(params, "address"):
        address = mapping(params, "address")
        customer["address"] = {key: address.get(key) or None for key in ADDRESS} if address else None
    if given(params, "shipping"):
        customer["shipping"] = mapping(params, "shipping") or None
    if given(params, "preferred_locales"):
        customer["preferred_locales"] = sequence(params, "preferred_locales")
    customer["metadata"] = merged_metadata(customer["metadata"], params)
    settings = mapping(params, "invoice_settings")
    if given(settings, "default_payment_method"):
        wanted = text(settings, "default_payment_method")
        if wanted:
            method = state.get("payment_method", wanted, "invoice_settings[default_payment_method]")
            if method["customer"] != customer["id"]:
                raise missing_object("payment_method", wanted, "invoice_settings[default_payment_method]")
        customer["invoice_settings"]["default_payment_method"] = wanted


def create(call: Call) -> Obj:
    customer = new_customer(call.state, {k: v for k, v in call.params.items() if k != "invoice_settings"})
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
    emit(call.state, "customer.created", customer)
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
    return customer


def delete(call: Call) -> Obj:
    """Deleting ends the customer's subscriptions first and takes the methods off."""
    state = call.state
    customer = state.get("customer", call.id)
    for subscription in state.rows("subscription"):
        if subscription["customer"] == customer["id"] and subscription["status"] in LIVE:
            end_subscription(state, subscription, reason="cancellation_requested")
    for method in state.rows("payment_method"):
        if method["customer"] == customer["id"]:
            with changing(state, method, "payment_method.detached"):
                method["customer"] = None
    state.remove("customer", customer["id"])
    state.objects["deleted_customer"][customer["id"]] = customer
    emit(state, "customer.deleted", customer)
    return {"id": customer["id"], "object": "customer", "deleted": True}


def list_all(call: Call) -> Obj:
    email = text(call.params, "email")
    rows = [
        row
        for row in call.state.rows("customer")
        if (email is None or row["email"] == email) and within(row["created"], call.params, "created")
    ]
    return listing(rows, call.params, "/v1/customers")


ROUTES = [
    route("POST", "/v1/customers", create, WRITABLE),
    route("GET", "/v1/customers", list_all, "limit starting_after ending_before email created"),
    route("GET", "/v1/customers/{}", retrieve),
    route("POST", "/v1/customers/{}", update, WRITABLE),
    route("DELETE", "/v1/customers/{}", delete),
]
