"""`/v1/payment_methods` and a customer's methods."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.errors import invalid
from sandbox.events.record import changing
from sandbox.parameters import Params, given, integer, mapping, merged_metadata, required_text, text
from sandbox.payment_methods.attaching import attach, detach, method_from_id
from sandbox.payment_methods.objects import TYPES, apply_billing, created_method
from sandbox.routing import Call, route
from sandbox.state import Obj

PAGE = "limit starting_after ending_before type customer allow_redisplay"


def create(call: Call) -> Obj:
    return created_method(call.state, call.params)


def retrieve(call: Call) -> Obj:
    return method_from_id(call.state, call.id, "id")


def update(call: Call) -> Obj:
    """Only billing details, expiry and metadata can change; the number never does."""
    method = call.state.get("payment_method", call.id)
    if method["customer"] is None:
        raise invalid("You must save this PaymentMethod to a customer before you can update it.")
    with changing(call.state, method, "payment_method.updated"):
        apply_billing(method, call.params)
        method["metadata"] = merged_metadata(method["metadata"], call.params)
        method["allow_redisplay"] = text(call.params, "allow_redisplay", method["allow_redisplay"])
        card = mapping(call.params, "card")
        for name in ("exp_month", "exp_year"):
            if given(card, name):
                method["card"][name] = integer(card, name)
    return method


def attach_to_customer(call: Call) -> Obj:
    customer = call.state.get("customer", required_text(call.params, "customer"), "customer")
    method = method_from_id(call.state, call.id, "id")
    if method["customer"] is not None:
        raise invalid("The payment method you provided has already been attached to a customer.")
    return attach(call.state, method, customer)


def detach_from_customer(call: Call) -> Obj:
    return detach(call.state, call.state.get("payment_method", call.id))


def _of_customer(call: Call, customer_id: str, url: str) -> Obj:
    call.state.get("customer", customer_id, "customer")
    kind = text(call.params, "type")
    rows = [row for row in call.state.rows("payment_method") if row["customer"] == customer_id]
    return listing([row for row in rows if kind in (None, row["type"])], call.params, url)


def list_all(call: Call) -> Obj:
    return _of_customer(call, required_text(call.params, "customer"), "/v1/payment_methods")


def list_of_customer(call: Call) -> Obj:
    return _of_customer(call, call.id, f"/v1/customers/{call.id}/payment_methods")


def retrieve_of_customer(call: Call) -> Obj:
    call.state.get("customer", call.id)
    return call.state.get("payment_method", call.ids[1])


def _create_params() -> Params:
    return dict.fromkeys(("type", "billing_details", "metadata", "customer", "allow_redisplay", *TYPES))


ROUTES = [
    route("POST", "/v1/payment_methods", create, " ".join(_create_params())),
    route("GET", "/v1/payment_methods", list_all, PAGE),
    route("GET", "/v1/payment_methods/{}", retrieve),
    route("POST", "/v1/payment_methods/{}", update, "billing_details card metadata allow_redisplay"),
    route("POST", "/v1/payment_methods/{}/attach", attach_to_customer, "customer"),
    route("POST", "/v1/payment_methods/{}/detach", detach_from_customer),
    route("GET", "/v1/customers/{}/payment_methods", list_of_customer, PAGE),
    route("GET", "/v1/customers/{}/payment_methods/{}", retrieve_of_customer),
]
