"""From a due period to an open invoice: draft, an hour of grace, finalisation."""

from __future__ import annotations

from fractions import Fraction

from sandbox.coupons.discounting import drop_used
from sandbox.coupons.objects import coupon_behind
from sandbox.customers.balance import move_balance, split_balance
from sandbox.events.record import emit, snapshot
from sandbox.invoice_items.objects import pending_items, put_on_invoice
from sandbox.invoice_payments.objects import new_invoice_payment
from sandbox.invoices.closing import mark_paid
from sandbox.invoices.dues import plan_due_notices
from sandbox.invoices.lines import WHOLE
from sandbox.invoices.objects import invoice_for, subscription_of
from sandbox.invoices.totals import reckon_due
from sandbox.payment_intents.charging import new_intent
from sandbox.state import Obj, State


def draft_invoice(
    state: State,
    subscription: Obj,
    reason: str,
    period: tuple[int, int],
    *,
    share: Fraction = WHOLE,
    lines: bool = True,
    held: bool = False,
    at_once: bool = False,
    since: int | None = None,
) -> Obj:
    """A stored draft with the waiting items on it; `lines=False` bills nothing but them.

    It finalises after the grace time unless `held`, or the caller does it `at_once`. `since`: the start of the
    time before it, which a renewal's invoice shows as its own period.
    """
    waiting = pending_items(state, subscription["customer"], subscription["currency"], subscription["id"])
    invoice = state.insert(invoice_for(state, subscription, reason, period, share=share, lines=lines))
    invoice["period_start"] = invoice["period_start"] if since is None else since
    put_on_invoice(state, waiting, invoice["id"])
    state.hidden.invoices_of_subscription[subscription["id"]].append(invoice["id"])
    subscription["latest_invoice"] = invoice["id"]
    drop_used(state, subscription)
    _drop_used_of_items(state, subscription, invoice)
    if held:
        invoice["auto_advance"] = False
    elif not at_once:
        plan_finalization(state, invoice)
    emit(state, "invoice.created", invoice)
    return invoice


def _drop_used_of_items(state: State, subscription: Obj, invoice: Obj) -> None:
    """A single item's discount for one invoice is used up by the first that it took something off."""
    used = {entry["discount"] for entry in invoice["total_discount_amounts"] if entry["amount"]}
    for item in subscription["items"]["data"]:
        kept = []
        for discount_id in item["discounts"]:
            discount = state.get("discount", discount_id)
            if discount_id in used and coupon_behind(state, discount)["duration"] == "once":
                emit(state, "customer.discount.deleted", discount)
            else:
                kept.append(discount_id)
        item["discounts"] = kept


def plan_finalization(state: State, invoice: Obj) -> None:
    """The draft will become final by itself after the grace time."""
    invoice["automatically_finalizes_at"] = state.now + state.policy.finalize_after_seconds
    if invoice["collection_method"] == "charge_automatically":
        invoice["next_payment_attempt"] = invoice["automatically_finalizes_at"]
    state.agenda.note(invoice["automatically_finalizes_at"], "finalize", invoice["id"])


def finalize_invoice(state: State, invoice: Obj, *, send: bool = True) -> None:
    """Draft to open: it gets its number, its page and, when something is due, its payment intent.

    The customer's balance is used up first; what is due nothing then is paid at once. An advancing
    `send_invoice` one is sent to the customer unless `send` is off.
    """
    customer = state.get("customer", invoice["customer"])
    before = snapshot(invoice)
    reckon_due(state, invoice)
    number = invoice["number"] or _next_number(customer)
    page = f"{state.public_base}/invoice/{invoice['id']}"
    invoice |= {
        "status": "open",
        "number": number,
        "automatically_finalizes_at": None,
        "effective_at": state.now,
        "ending_balance": split_balance(invoice["starting_balance"], invoice["total"])[1],
        "hosted_invoice_url": page,
        "invoice_pdf": f"{page}/pdf",
    }
    invoice["status_transitions"]["finalized_at"] = state.now
    if invoice["amount_due"] > 0:
        _give_intent(state, invoice)
    _use_balance(state, customer, invoice)
    emit(state, "invoice.finalized", invoice)
    emit(state, "invoice.updated", invoice, before)
    if send and invoice["auto_advance"] and invoice["collection_method"] == "send_invoice":
        emit(state, "invoice.sent", invoice)
    if invoice["amount_due"] == 0:
        mark_paid(state, invoice)
    elif invoice["due_date"] is not None:
        plan_due_notices(state, invoice)


def _next_number(customer: Obj) -> str:
    number = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}"
    customer["next_invoice_sequence"] += 1
    return number


def _use_balance(state: State, customer: Obj, invoice: Obj) -> None:
    moved = invoice["ending_balance"] - invoice["starting_balance"]
    if moved:
        move_balance(state, customer, moved, "applied_to_invoice", invoice["currency"], invoice=invoice["id"])


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
