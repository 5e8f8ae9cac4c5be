"""The late end of a refund."""

from __future__ import annotations

from sandbox.charges.balance import book
from sandbox.events.record import changing, emit
from sandbox.state import Obj, State


def settle_refund(state: State, refund_id: str) -> None:
    """An agenda step: a pending refund succeeds, one that had seemed good fails and the merchant has the money."""
    refund = state.find("refund", refund_id)
    if refund is None or refund["status"] not in ("pending", "succeeded"):
        return
    if refund["status"] == "pending":
        with changing(state, refund, "refund.updated"):
            refund["status"] = "succeeded"
            del refund["pending_reason"]
            if "card" in refund["destination_details"]:
                refund["destination_details"]["card"]["type"] = "refund"
        emit(state, "charge.refund.updated", refund)
    else:
        fail_refund(state, refund, "expired_or_canceled_card")


def fail_refund(state: State, refund: Obj, reason: str) -> None:
    """The customer's bank sent the money back."""
    charge = state.get("charge", refund["charge"])
    entry = book(state, amount=refund["amount"], currency=refund["currency"], kind="refund_failure",
                 source=refund["id"])  # fmt: skip
    with changing(state, refund, "refund.updated"):
        refund |= {"status": "failed", "failure_reason": reason, "failure_balance_transaction": entry["id"]}
    emit(state, "charge.refund.updated", refund)
    emit(state, "refund.failed", refund)
    with changing(state, charge, "charge.updated"):
        charge["amount_refunded"] -= refund["amount"]
        charge["refunded"] = False
