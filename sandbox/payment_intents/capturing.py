"""Taking authorized money, and letting it go again."""

from __future__ import annotations

from sandbox.charges.balance import book_charge
from sandbox.disputes.magic import after_the_charge
from sandbox.errors import ApiFault, invalid
from sandbox.events.record import changing, emit
from sandbox.state import Obj, State

CANCELABLE = (
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "requires_capture",
    "processing",
)


def unexpected_state(intent: Obj, doing: str) -> ApiFault:
    """The provider's 400 for an intent whose status does not allow the call; it carries the intent."""
    fault = invalid(
        f"This PaymentIntent could not be {doing} because it has a status of {intent['status']}.",
        code="payment_intent_unexpected_state",
    )
    fault.error["payment_intent"] = dict(intent)
    return fault


def capture_intent(state: State, intent: Obj, amount: int | None) -> None:
    """Take all or part of what is held; the rest goes back to the customer at once."""
    if intent["status"] != "requires_capture":
        raise unexpected_state(intent, "captured")
    held = intent["amount_capturable"]
    wanted = held if amount is None else amount
    if not 0 < wanted <= held:
        raise invalid(f"The amount must be between 1 and the capturable {held}.", param="amount_to_capture",
                      code="amount_too_large")  # fmt: skip
    charge = state.get("charge", intent["latest_charge"])
    with changing(state, charge, "charge.captured"):
        charge |= {"captured": True, "amount_captured": wanted, "amount_refunded": charge["amount"] - wanted}
        charge["payment_method_details"].get("card", {}).pop("capture_before", None)
        book_charge(state, charge)
    intent |= {"status": "succeeded", "amount_capturable": 0, "amount_received": wanted}
    emit(state, "payment_intent.succeeded", intent)
    after_the_charge(state, charge, state.get("payment_method", charge["payment_method"]))


def cancel_intent(state: State, intent: Obj, reason: str | None) -> None:
    """End an intent that has not taken money; what is held is released, a debit under way is called back."""
    if intent["status"] not in CANCELABLE:
        raise unexpected_state(intent, "canceled")
    held, under_way = intent["status"] == "requires_capture", intent["status"] == "processing"
    charge = state.find("charge", intent["latest_charge"]) if held or under_way else None
    if charge is not None and under_way:
        charge |= {"status": "failed", "captured": False, "failure_message": "The payment was canceled."}
        emit(state, "charge.failed", charge)
    if charge is not None and held:
        with changing(state, charge, "charge.expired" if reason == "automatic" else "charge.refunded"):
            charge |= {"amount_refunded": charge["amount"], "refunded": True}
    intent |= {
        "status": "canceled",
        "amount_capturable": 0,
        "canceled_at": state.now,
        "cancellation_reason": reason,
        "next_action": None,
    }
    emit(state, "payment_intent.canceled", intent)


def expire_authorization(state: State, intent_id: str) -> None:
    """Nobody captured in time."""
    intent = state.find("payment_intent", intent_id)
    if intent is not None and intent["status"] == "requires_capture":
        cancel_intent(state, intent, "automatic")
