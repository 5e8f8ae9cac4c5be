"""`/v1/refunds`."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.errors import invalid, missing_param
from sandbox.events.record import changing, emit
from sandbox.parameters import integer, merged_metadata, text, within
from sandbox.routing import Call, route
from sandbox.state import Obj, State

CREATE = "charge payment_intent amount reason metadata"


def refund_charge(state: State, charge: Obj, amount: int | None, reason: str | None = None) -> Obj:
    """Give back `amount` or all that is left."""
    left = charge["amount_captured"] - charge["amount_refunded"]
    wanted = left if amount is None else amount
    if charge["status"] != "succeeded" or left == 0:
        raise invalid(f"Charge {charge['id']} cannot be refunded.", code="charge_already_refunded")
    if not 0 < wanted <= left:
        raise invalid(f"The refund is greater than what is left of the charge ({left}).", param="amount")
    refund: Obj = {
        "id": state.new_id("re"),
        "object": "refund",
        "amount": wanted,
        "balance_transaction": state.new_id("txn"),
        "charge": charge["id"],
        "created": state.now,
        "currency": charge["currency"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    state.insert(refund)
    with changing(state, charge, "charge.refunded"):
        charge["amount_refunded"] += wanted
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    emit(state, "refund.created", refund)
    return refund


def create(call: Call) -> Obj:
    charge_id, intent_id = text(call.params, "charge"), text(call.params, "payment_intent")
    if intent_id:
        charge_id = call.state.get("payment_intent", intent_id, "payment_intent")["latest_charge"]
    if charge_id is None:
        raise missing_param("charge")
    charge = call.state.get("charge", charge_id, "charge")
    refund = refund_charge(call.state, charge, integer(call.params, "amount"), text(call.params, "reason"))
    refund["metadata"] = merged_metadata({}, call.params)
    return refund


def retrieve(call: Call) -> Obj:
    return call.state.get("refund", call.id)


def list_all(call: Call) -> Obj:
    rows = [row for row in call.state.rows("refund") if within(row["created"], call.params, "created")]
    for name in ("charge", "payment_intent"):
        wanted = text(call.params, name)
        rows = [row for row in rows if wanted in (None, row[name])]
    return listing(rows, call.params, "/v1/refunds")


ROUTES = [
    route("POST", "/v1/refunds", create, CREATE),
    route("GET", "/v1/refunds", list_all, "limit starting_after ending_before charge payment_intent created"),
    route("GET", "/v1/refunds/{}", retrieve),
]
