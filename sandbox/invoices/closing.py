"""The ends of an invoice: paid, void, uncollectible."""

from __future__ import annotations

from sandbox.customers.balance import move_balance
from sandbox.events.record import emit, snapshot
from sandbox.invoice_payments.objects import settle_invoice_payments
from sandbox.state import Obj, State
from sandbox.subscriptions.standing import invoice_settled


def mark_paid(state: State, invoice: Obj, *, out_of_band: bool = False, counts: bool = False) -> None:
    """Paid by its intent, by nothing (zero due) or outside the provider; the subscription recovers with it.

    `counts` says that an attempt of the schedule paid it.
    """
    before = snapshot(invoice)
    invoice["attempt_count"] += int(counts)
    due = invoice["amount_due"]
    invoice |= {
        "status": "paid",
        "amount_paid": due,
        "amount_remaining": 0,
        "attempted": True,
        "auto_advance": False,
        "next_payment_attempt": None,
        "status_details": {"uncollectible": None},
    }
    if out_of_band:
        invoice["amount_paid_off_stripe"] = due
    invoice["status_transitions"]["paid_at"] = state.now
    if out_of_band:
        _cancel_intent(state, invoice, None)
    else:
        settle_invoice_payments(state, invoice, "paid")
    emit(state, "invoice.updated", invoice, before)
    emit(state, "invoice.paid", invoice)
    if not out_of_band:
        emit(state, "invoice.payment_succeeded", invoice)
    invoice_settled(state, invoice)


def void(state: State, invoice: Obj) -> None:
    """As if it had never been due. Voiding does not bring a late subscription back."""
    before = snapshot(invoice)
    invoice |= {"status": "void", "auto_advance": False, "next_payment_attempt": None}
    invoice["status_transitions"]["voided_at"] = state.now
    _cancel_intent(state, invoice, "void_invoice")
    _return_balance(state, invoice)
    emit(state, "invoice.updated", invoice, before)
    emit(state, "invoice.voided", invoice)


def mark_uncollectible(state: State, invoice: Obj, reason: str) -> None:
    """Given up, though it may still be paid; a late subscription counts as settled by it."""
    before = snapshot(invoice)
    invoice |= {"status": "uncollectible", "auto_advance": False, "next_payment_attempt": None}
    invoice["status_details"] = {"uncollectible": {"reason": reason}}
    invoice["status_transitions"]["marked_uncollectible_at"] = state.now
    emit(state, "invoice.updated", invoice, before)
    emit(state, "invoice.marked_uncollectible", invoice)
    invoice_settled(state, invoice)


def _return_balance(state: State, invoice: Obj) -> None:
    """What the invoice took from the customer's balance, or gave to it, is undone."""
    used = invoice["starting_balance"] - (invoice["ending_balance"] or 0)
    customer = state.find("customer", invoice["customer"])
    if used and customer:
        move_balance(
            state, customer, used, "unapplied_from_invoice", invoice["currency"], invoice=invoice["id"]
        )


def _cancel_intent(state: State, invoice: Obj, reason: str | None) -> None:
    settle_invoice_payments(state, invoice, "canceled")
    intent = state.find("payment_intent", state.hidden.intent_of_invoice.get(invoice["id"]))
    if intent and intent["status"] not in ("succeeded", "canceled"):
        intent |= {"status": "canceled", "canceled_at": state.now, "cancellation_reason": reason}
        intent["next_action"] = None
        emit(state, "payment_intent.canceled", intent)
