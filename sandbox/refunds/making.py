"""Giving money back for a charge."""

from __future__ import annotations

from sandbox.cards.accounts import DEBITS
from sandbox.cards.verdicts import facts_of
from sandbox.charges.balance import book
from sandbox.clock import HOUR
from sandbox.errors import invalid
from sandbox.events.record import changing, emit
from sandbox.state import Obj, State

# When a refund that does not end at once comes to its end.
SETTLES_AFTER = HOUR
REASONS = ("duplicate", "fraudulent", "requested_by_customer")


def refund_charge(
    state: State,
    charge: Obj,
    amount: int | None,
    reason: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Obj:
    """Give back `amount` minor units, or all that is left.

    Test cards decide how it ends: most at once, some pend first, one fails after it had succeeded.
    """
    left = charge["amount"] - charge["amount_refunded"]
    wanted = left if amount is None else amount
    _refuse(state, charge, left, wanted)
    ending = _ending(state, charge)
    refund: Obj = {
        "id": state.new_id("re"),
        "object": "refund",
        "amount": wanted,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": state.now,
        "currency": charge["currency"],
        "destination_details": _destination(charge, pending=ending == "wait"),
        "metadata": metadata or {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if ending == "wait" else "succeeded",
        "transfer_reversal": None,
    }
    if ending == "wait":
        refund["pending_reason"] = "processing"
    state.insert(refund)
    entry = book(state, amount=-wanted, currency=charge["currency"], kind="refund", source=refund["id"],
                 about=f"REFUND FOR CHARGE ({charge['description']})")  # fmt: skip
    refund["balance_transaction"] = entry["id"]
    emit(state, "refund.created", refund)
    with changing(state, charge, "charge.refunded"):
        charge["amount_refunded"] += wanted
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    if ending != "succeed":
        state.agenda.note(state.now + SETTLES_AFTER, "settle_refund", refund["id"])
    return refund


def _refuse(state: State, charge: Obj, left: int, wanted: int) -> None:
    """What cannot be given back: money not taken, given back already, or charged back by the bank."""
    if charge["status"] != "succeeded" or not charge["captured"]:
        raise invalid(f"Charge {charge['id']} is {charge['status']} and cannot be refunded.", param="charge")
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if charge["disputed"] and any(
        row["charge"] == charge["id"] and not row["is_charge_refundable"] for row in state.rows("dispute")
    ):
        raise invalid(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if not 0 < wanted <= left:
        raise invalid(f"The refund is greater than what is left of the charge ({left}).", param="amount")


def _ending(state: State, charge: Obj) -> str:
    """`succeed`, `wait` (pending first) or `fail` (afterwards)."""
    method = state.find("payment_method", charge["payment_method"])
    if method is None:
        return "succeed"
    return "wait" if method["type"] in DEBITS else facts_of(state, method).refunds


def _destination(charge: Obj, *, pending: bool) -> Obj:
    kind = charge["payment_method_details"]["type"]
    if kind != "card":
        return {"type": kind}
    card = {"reference_status": "pending", "reference_type": "acquirer_reference_number"}
    return {"card": {**card, "type": "pending" if pending else "refund"}, "type": "card"}
