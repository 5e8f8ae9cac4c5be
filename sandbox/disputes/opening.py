"""Opening and deciding disputes."""

from __future__ import annotations

from copy import deepcopy

from sandbox.clock import DAY
from sandbox.errors import invalid
from sandbox.events.record import changing, emit
from sandbox.state import Obj, State

OUTCOMES = ("won", "lost")


# What every dispute starts with.
NEW_DISPUTE: Obj = {
    "object": "dispute",
    "balance_transactions": [],
    "enhanced_eligibility_types": [],
    "evidence": {},
    "is_charge_refundable": False,
    "livemode": False,
    "metadata": {},
    "payment_method_details": {
        "card": {
            "brand": "visa",
            "case_type": "chargeback",
            "network": "visa",
            "network_reason_code": "10.4",
        },
        "type": "card",
    },
    "status": "needs_response",
}


def open_dispute(state: State, charge: Obj, reason: str = "fraudulent") -> Obj:
    """A chargeback of the whole charge."""
    if charge["disputed"] or charge["status"] != "succeeded":
        raise invalid(f"Charge {charge['id']} cannot be disputed.", param="charge")
    dispute: Obj = {
        **deepcopy(NEW_DISPUTE),
        "id": state.new_id("dp"),
        "amount": charge["amount"],
        "charge": charge["id"],
        "created": state.now,
        "currency": charge["currency"],
        "evidence_details": {
            "due_by": state.now + state.policy.dispute_evidence_days * DAY,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "network_reason_code": "10.4" if reason == "fraudulent" else "13.1",
        "payment_intent": charge["payment_intent"],
        "reason": reason,
    }
    state.insert(dispute)
    with changing(state, charge, "charge.updated"):
        charge["disputed"] = True
    emit(state, "charge.dispute.created", dispute)
    emit(state, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def decide_dispute(state: State, dispute: Obj, outcome: str) -> Obj:
    """The bank decides: `won` gives the money back to the merchant."""
    if outcome not in OUTCOMES:
        raise invalid("A dispute ends won or lost.", param="outcome")
    if dispute["status"] in OUTCOMES:
        raise invalid(f"The dispute is {dispute['status']} already.", param="id")
    with changing(state, dispute, "charge.dispute.updated"):
        dispute["status"] = outcome
    if outcome == "won":
        emit(state, "charge.dispute.funds_reinstated", dispute)
    emit(state, "charge.dispute.closed", dispute)
    return dispute
