"""From a due period to an open invoice: draft, an hour of grace, finalisation."""

from __future__ import annotations

from sandbox.coupons.discounting import drop_used
from sandbox.events.record import emit, snapshot
from sandbox.invoice_payments.objects import new_invoice_payment
from sandbox.invoices.objects import invoice_for, subscription_of
from sandbox.payment_intents.charging import new_intent
from sandbox.state import Obj, State


def draft_invoice(
    state: State,
    subscription: Obj,
    reason: str,
    period: tuple[int, int],
    *,
    share: float = 1.0,
    held: bool = False,
    at_once: bool = False,
) -> Obj:
    """A stored draft. It finalises after the grace time unless `held`, or the caller does it `at_once`."""
    invoice = state.insert(invoice_for(state, subscription, reason, period, share=share))
    state.hidden.invoices_of_subscription[subscription["id"]].append(invoice["id"])
    subscription["latest_invoice"] = invoice["id"]
    drop_used(state, subscription)
    if held:
        invoice["auto_advance"] = False
    elif not at_once:
        invoice["automatically_finalizes_at"] = state.now + state.policy.finalize_after_seconds
        if invoice["collection_method"] == "charge_automatically":
            invoice["next_payment_attempt"] = invoice["automatically_finalizes_at"]
        state.agenda.note(invoice["automatically_finalizes_at"], "finalize", invoice["id"])
    emit(state, "invoice.created", invoice)
    return invoice


def finalize_invoice(state: State, invoice: Obj) -> None:
    """Draft to open: it gets its number, its page and, when something is due, its payment intent."""
    customer = state.get("customer", invoice["customer"])
    before = snapshot(invoice)
    number = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}"
    customer["next_invoice_sequence"] += 1
    page = f"{state.public_base}/invoice/{invoice['id']}"
    invoice |= {
        "status": "open",
        "number": number,
        "automatically_finalizes_at": None,
        "effective_at": state.now,
        "ending_balance": 0,
        "hosted_invoice_url": page,
        "invoice_pdf": f"{page}/pdf",
    }
    invoice["status_transitions"]["finalized_at"] = state.now
    if invoice["amount_due"] > 0:
        _give_intent(state, invoice)
    emit(state, "invoice.finalized", invoice)
    emit(state, "invoice.updated", invoice, before)
    if invoice["collection_method"] == "send_invoice":
        emit(state, "invoice.sent", invoice)


def _give_intent(state: State, invoice: Obj) -> None:
    subscription = subscription_of(state, invoice)
    described = (
        "Subscription creation"
        if invoice["billing_reason"] == "subscription_create"
        else "Subscription update"
    )
    intent = new_intent(
        state,
        amount=invoice["amount_due"],
        currency=invoice["currency"],
        customer=invoice["customer"],
        description=described if subscription else None,
    )
    state.hidden.intent_of_invoice[invoice["id"]] = intent["id"]
    state.hidden.invoice_of_intent[intent["id"]] = invoice["id"]
    new_invoice_payment(state, invoice, intent)
    emit(state, "payment_intent.created", intent)
