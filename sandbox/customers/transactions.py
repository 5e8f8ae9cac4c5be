"""`/v1/customers/{}/balance_transactions`."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.customers.balance import move_balance
from sandbox.errors import invalid, missing_object
from sandbox.parameters import (
    given,
    merged_metadata,
    required_integer,
    required_text,
    text,
    within,
)
from sandbox.routing import Call, route
from sandbox.state import Obj

KIND = "customer_balance_transaction"


def create(call: Call) -> Obj:
    """An adjustment by hand: negative is credit for the customer. Its currency is the customer's."""
    customer = call.state.get("customer", call.id)
    amount, currency = required_integer(call.params, "amount"), required_text(call.params, "currency").lower()
    if customer["currency"] not in (None, currency):
        raise invalid(f"The customer's currency is {customer['currency']}.", param="currency")
    return move_balance(
        call.state,
        customer,
        amount,
        "adjustment",
        currency,
        description=text(call.params, "description"),
        metadata=merged_metadata({}, call.params),
    )


def _own(call: Call) -> Obj:
    transaction = call.state.get(KIND, call.ids[1])
    if transaction["customer"] != call.id:
        raise missing_object(KIND, call.ids[1])
    return transaction


def retrieve(call: Call) -> Obj:
    return _own(call)


def update(call: Call) -> Obj:
    """Only words about it; the money is a record."""
    transaction = _own(call)
    if given(call.params, "description"):
        transaction["description"] = text(call.params, "description")
    transaction["metadata"] = merged_metadata(transaction["metadata"], call.params)
    return transaction


def list_all(call: Call) -> Obj:
    customer = call.state.get("customer", call.id)
    rows = [row for row in call.state.rows(KIND) if row["customer"] == customer["id"]]
    rows = [row for row in rows if within(row["created"], call.params, "created")]
    if given(call.params, "invoice"):
        rows = [row for row in rows if row["invoice"] == text(call.params, "invoice")]
    return listing(rows, call.params, f"/v1/customers/{call.id}/balance_transactions")


PATH = "/v1/customers/{}/balance_transactions"
ROUTES = [
    route("POST", PATH, create, "amount currency description metadata"),
    route("GET", PATH, list_all, "limit starting_after ending_before created invoice"),
    route("GET", PATH + "/{}", retrieve),
    route("POST", PATH + "/{}", update, "description metadata"),
]
