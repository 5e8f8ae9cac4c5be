"""`/v1/charges` and the balance transactions behind them; charges are made by payment intents."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.events.record import changing
from sandbox.parameters import given, integer, mapping, merged_metadata, text, within
from sandbox.payment_intents.capturing import capture_intent
from sandbox.payment_intents.fields import shipping_of
from sandbox.routing import Call, route
from sandbox.state import Obj

UPDATE = "customer description fraud_details metadata receipt_email shipping transfer_group"
CAPTURE = "amount receipt_email statement_descriptor statement_descriptor_suffix transfer_group"


def retrieve(call: Call) -> Obj:
    return call.state.get("charge", call.id)


def update(call: Call) -> Obj:
    charge = call.state.get("charge", call.id)
    with changing(call.state, charge, "charge.updated"):
        charge["metadata"] = merged_metadata(charge["metadata"], call.params)
        for name in ("description", "receipt_email", "transfer_group", "customer"):
            if given(call.params, name):
                charge[name] = text(call.params, name)
        if given(call.params, "shipping"):
            charge["shipping"] = shipping_of(mapping(call.params, "shipping"))
        charge["fraud_details"] |= mapping(call.params, "fraud_details")
    return charge


def capture(call: Call) -> Obj:
    """The same as capturing the charge's intent."""
    state, charge = call.state, call.state.get("charge", call.id)
    intent = state.get("payment_intent", charge["payment_intent"])
    capture_intent(state, intent, integer(call.params, "amount"))
    return charge


def list_all(call: Call) -> Obj:
    rows = [row for row in call.state.rows("charge") if within(row["created"], call.params, "created")]
    for name in ("customer", "payment_intent", "transfer_group"):
        wanted = text(call.params, name)
        rows = [row for row in rows if wanted in (None, row[name])]
    return listing(rows, call.params, "/v1/charges")


def retrieve_entry(call: Call) -> Obj:
    return call.state.get("balance_transaction", call.id)


def list_entries(call: Call) -> Obj:
    rows = call.state.rows("balance_transaction")
    rows = [row for row in rows if within(row["created"], call.params, "created")]
    for name in ("currency", "source", "type"):
        wanted = text(call.params, name)
        rows = [row for row in rows if wanted in (None, row[name])]
    return listing(rows, call.params, "/v1/balance_transactions")


PAGE = "limit starting_after ending_before created"
ROUTES = [
    route("GET", "/v1/charges", list_all, f"{PAGE} customer payment_intent transfer_group"),
    route("GET", "/v1/charges/{}", retrieve),
    route("POST", "/v1/charges/{}", update, UPDATE),
    route("POST", "/v1/charges/{}/capture", capture, CAPTURE),
    route("GET", "/v1/balance_transactions", list_entries, f"{PAGE} currency source type"),
    route("GET", "/v1/balance_transactions/{}", retrieve_entry),
]
