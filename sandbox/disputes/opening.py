"""Opening disputes and inquiries, and deciding them."""

from __future__ import annotations

from copy import deepcopy

from sandbox.charges.balance import DISPUTE_FEE, book
from sandbox.clock import DAY
from sandbox.errors import invalid
from sandbox.events.record import changing, emit
from sandbox.state import Obj, State

OUTCOMES = ("won", "lost")
OVER = (*OUTCOMES, "warning_closed")
INQUIRY = "warning_needs_response"
NETWORK_CODES = {"fraudulent": "10.4", "product_not_received": "13.1", "subscription_canceled": "13.2",
                 "duplicate": "12.6", "product_unacceptable": "13.3", "credit_not_processed": "13.6"}  # fmt: skip
EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
    "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)  # fmt: skip

# What every dispute starts with.
NEW_DISPUTE: Obj = {
    "object": "dispute",
    "balance_transactions": [],
    "enhanced_eligibility_types": [],
    "evidence": {**dict.fromkeys(EVIDENCE), "enhanced_evidence": {}},
    "livemode": False,
    "metadata": {},
}


def open_dispute(state: State, charge: Obj, reason: str = "fraudulent", *, inquiry: bool = False) -> Obj:
    """A chargeback of the whole charge, or an inquiry that takes no money yet."""
    if charge["status"] != "succeeded" or not charge["captured"]:
        raise invalid(f"Charge {charge['id']} cannot be disputed.", param="charge")
    code = NETWORK_CODES.get(reason, "13.1")
    dispute: Obj = {
        **deepcopy(NEW_DISPUTE),
        "id": state.new_id("du"),
        "amount": charge["amount_captured"],
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
        "is_charge_refundable": inquiry,
        "network_reason_code": code,
        "payment_intent": charge["payment_intent"],
        "payment_method_details": _method_details(charge, code, inquiry),
        "reason": reason,
        "status": INQUIRY if inquiry else "needs_response",
    }
    if "card" not in charge["payment_method_details"]:
        dispute["network_reason_code"] = dispute["payment_method_details"] = None
    state.insert(dispute)
    with changing(state, charge, "charge.updated"):
        charge["disputed"] = True
    if not inquiry:
        _withdraw(state, dispute)
    emit(state, "charge.dispute.created", dispute)
    if not inquiry:
        emit(state, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def _method_details(charge: Obj, code: str, inquiry: bool) -> Obj:
    brand = charge["payment_method_details"].get("card", {}).get("brand", "visa")
    case = "inquiry" if inquiry else "chargeback"
    return {"card": {"brand": brand, "case_type": case, "network": brand, "network_reason_code": code},
            "type": "card"}  # fmt: skip


def _withdraw(state: State, dispute: Obj) -> None:
    about = f"Chargeback withdrawal for {dispute['charge']}"
    entry = book(state, amount=-dispute["amount"], currency=dispute["currency"], kind="adjustment",
                 source=dispute["id"], fee=DISPUTE_FEE, about=about)  # fmt: skip
    dispute["balance_transactions"].append(dict(entry))


def escalate(state: State, dispute: Obj) -> None:
    """An inquiry becomes a chargeback: the money goes now."""
    dispute["payment_method_details"]["card"]["case_type"] = "chargeback"
    dispute |= {"status": "needs_response", "is_charge_refundable": False}
    _withdraw(state, dispute)
    emit(state, "charge.dispute.funds_withdrawn", dispute)


def decide_dispute(state: State, dispute: Obj, outcome: str) -> Obj:
    """The bank decides: `won` gives the money back to the merchant. An inquiry closes without a winner."""
    if outcome not in OUTCOMES:
        raise invalid("A dispute ends won or lost.", param="outcome")
    if dispute["status"] in OVER:
        raise invalid(f"The dispute is {dispute['status']} already.", param="id")
    inquiry = dispute["status"].startswith("warning_")
    with changing(state, dispute, "charge.dispute.updated"):
        dispute["status"] = "warning_closed" if inquiry else outcome
        if outcome == "won" and not inquiry:
            about = f"Chargeback reversal for {dispute['charge']}"
            entry = book(state, amount=dispute["amount"], currency=dispute["currency"], kind="adjustment",
                         source=dispute["id"], fee=-DISPUTE_FEE, about=about)  # fmt: skip
            dispute["balance_transactions"].append(dict(entry))
    if outcome == "won" and not inquiry:
        emit(state, "charge.dispute.funds_reinstated", dispute)
    emit(state, "charge.dispute.closed", dispute)
    return dispute
