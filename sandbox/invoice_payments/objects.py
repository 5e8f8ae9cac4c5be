"""The invoice payment object."""

from __future__ import annotations

from sandbox.events.record import emit
from sandbox.state import Obj, State


def new_invoice_payment(state: State, invoice: Obj, intent: Obj) -> Obj:
    row: Obj = {
        "id": state.new_id("inpay"),
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": invoice["amount_due"],
        "created": state.now,
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    }
    state.hidden.payments_of_invoice[invoice["id"]].append(row["id"])
    return state.insert(row)


def settle_invoice_payments(state: State, invoice: Obj, status: str) -> None:
    """The open rows of the invoice end as `paid` or `canceled`."""
    for row_id in state.hidden.payments_of_invoice[invoice["id"]]:
        row = state.get("invoice_payment", row_id)
        if row["status"] != "open":
            continue
        row["status"] = status
        row["status_transitions"][f"{status}_at"] = state.now
        if status == "paid":
            row["amount_paid"] = row["amount_requested"]
            emit(state, "invoice_payment.paid", row)
