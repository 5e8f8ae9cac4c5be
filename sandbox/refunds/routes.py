"""`/v1/refunds`, and a charge's own list of them."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.errors import invalid, missing_param
from sandbox.events.record import changing, emit, snapshot
from sandbox.parameters import choice, integer, merged_metadata, text, within
from sandbox.refunds.making import REASONS, refund_charge
from sandbox.routing import Call, route
from sandbox.state import Obj

CREATE = "charge payment_intent amount reason metadata currency customer instructions_email origin"


def create(call: Call) -> Obj:
    charge_id, intent_id = text(call.params, "charge"), text(call.params, "payment_intent")
    if intent_id:
        charge_id = call.state.get("payment_intent", intent_id, "payment_intent")["latest_charge"]
        if charge_id is None:
            raise invalid("This PaymentIntent has no charge to refund.", param="payment_intent")
    if charge_id is None:
        raise missing_param("charge")
    charge = call.state.get("charge", charge_id, "charge")
    reason = choice(call.params, "reason", REASONS)
    amount = integer(call.params, "amount")
    return refund_charge(call.state, charge, amount, reason, merged_metadata({}, call.params))


def retrieve(call: Call) -> Obj:
    return call.state.get("refund", call.id)


def update(call: Call) -> Obj:
    """Only metadata can change."""
    state, refund = call.state, call.state.get("refund", call.id)
    before = snapshot(refund)
    with changing(state, refund, "refund.updated"):
        refund["metadata"] = merged_metadata(refund["metadata"], call.params)
    if snapshot(refund) != before:
        emit(state, "charge.refund.updated", refund, before)
    return refund


def cancel(call: Call) -> Obj:
    """Only a refund that waits for its customer can be called back; card refunds never do."""
    refund = call.state.get("refund", call.id)
    if refund["status"] != "requires_action":
        raise invalid(f"The refund is {refund['status']}; only one in requires_action can be canceled.")
    with changing(call.state, refund, "refund.updated"):
        refund["status"] = "canceled"
    return refund


def list_all(call: Call) -> Obj:
    rows = [row for row in call.state.rows("refund") if within(row["created"], call.params, "created")]
    for name in ("charge", "payment_intent"):
        wanted = text(call.params, name)
        rows = [row for row in rows if wanted in (None, row[name])]
    return listing(rows, call.params, "/v1/refunds")


def list_of_charge(call: Call) -> Obj:
    rows = [row for row in call.state.rows("refund") if row["charge"] == call.id]
    return listing(rows, call.params, f"/v1/charges/{call.id}/refunds")


PAGE = "limit starting_after ending_before"
ROUTES = [
    route("POST", "/v1/refunds", create, CREATE),
    route("GET", "/v1/refunds", list_all, f"{PAGE} charge payment_intent created"),
    route("GET", "/v1/refunds/{}", retrieve),
    route("POST", "/v1/refunds/{}", update, "metadata"),
    route("POST", "/v1/refunds/{}/cancel", cancel),
    route("GET", "/v1/charges/{}/refunds", list_of_charge, PAGE),
]
