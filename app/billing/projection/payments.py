"""Payments: a success is final, refunds only grow, and a link to an invoice once known stays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, fields, replace
from datetime import datetime, timedelta

from app.billing.facts import DisputeSeen, InvoicePaymentLinked, PaymentSeen
from app.billing.projection.invoices import with_decline
from app.billing.projection.order import UNSEEN_AT, newer, pictured
from app.billing.states import InvoiceState, PaymentState

DISPUTE_FINAL = frozenset({"won", "lost", "warning_closed", "prevented"})
DISPUTE_RANK = {
    "warning_needs_response": 0,
    "warning_under_review": 1,
    "needs_response": 2,
    "under_review": 3,
}
SAME_ATTEMPT = timedelta(hours=1)
"""How far apart an invoice's failure and a payment's may be told and still be one attempt."""
OWN = frozenset({"id", "seen_at", "seen_live", "status", "amount_minor", "currency"})
MERGED = tuple(f.name for f in fields(PaymentState) if f.name not in OWN)
"""What a row may have from several pictures, links and disputes."""


def payment_after(now: PaymentState | None, seen: PaymentSeen) -> PaymentState:
    """The payment's row after a picture of it."""
    decline = asdict(seen.decline) if seen.decline else None
    failed_at = seen.sight.at if seen.failed else None
    new = pictured(PaymentState, seen.payment_id, seen, decline=decline, failed_at=failed_at)
    if now is None:
        return new
    if (now.status == "succeeded") != (new.status == "succeeded"):
        front, back = (now, new) if now.status == "succeeded" else (new, now)
    else:
        front, back = (new, now) if newer(new, now, apart_from=MERGED) else (now, new)
    told = new.invoice_id or (None if now.invoice_inferred else now.invoice_id)
    failures = [p for p in (now, new) if p.failed_at]
    last_failure = max(failures, key=lambda p: (p.failed_at, repr(p.decline)), default=None)
    return replace(
        front,
        customer_id=front.customer_id or back.customer_id,
        invoice_id=told or now.invoice_id,
        invoice_inferred=told is None and now.invoice_inferred,
        charge_id=front.charge_id or back.charge_id,
        failed_at=last_failure.failed_at if last_failure else None,
        decline=last_failure.decline if last_failure else None,
        refunded_minor=max(now.refunded_minor, new.refunded_minor),
        dispute_id=now.dispute_id,
        dispute_status=now.dispute_status,
        disputed_at=now.disputed_at,
    )


def payment_linked(now: PaymentState | None, linked: InvoicePaymentLinked) -> PaymentState:
    """The provider told which invoice a payment is for; that replaces an inference."""
    payment_id = linked.payment_intent_id or linked.charge_id or f"invoice:{linked.invoice_id}"
    state = now or PaymentState(id=payment_id, seen_at=UNSEEN_AT, seen_live=False)
    charge_id = state.charge_id or linked.charge_id
    return replace(state, invoice_id=linked.invoice_id, invoice_inferred=False, charge_id=charge_id)


def payment_disputed(now: PaymentState | None, seen: DisputeSeen) -> PaymentState:
    """A dispute of this payment; a closed one is not reopened by a late picture of its opening."""
    payment_id = seen.payment_intent_id or seen.charge_id or f"dispute:{seen.dispute_id}"
    state = now or PaymentState(id=payment_id, seen_at=UNSEEN_AT, seen_live=False)
    state = replace(
        state,
        charge_id=state.charge_id or seen.charge_id,
        disputed_at=min(state.disputed_at or seen.sight.at, seen.sight.at),
    )
    if state.dispute_id == seen.dispute_id and _stage(state.dispute_status or "") > _stage(seen.status):
        return state
    return replace(state, dispute_id=seen.dispute_id, dispute_status=seen.status)


def _stage(dispute_status: str) -> tuple[int, str]:
    """How far a dispute has come. Of two closed ones "won" is the later: a lost one can be appealed."""
    rank = len(DISPUTE_RANK) if dispute_status not in DISPUTE_FINAL else len(DISPUTE_RANK) + 1
    return DISPUTE_RANK.get(dispute_status, rank), dispute_status


def inferred_link(payment: PaymentState, invoices: Iterable[InvoiceState]) -> PaymentState:
    """Match a payment without a link to an invoice of the same customer by amount, currency and time."""
    if payment.invoice_id is not None or payment.customer_id is None:
        return payment
    at = payment.failed_at or payment.seen_at
    matches = [
        (abs(at - when), invoice.id)
        for invoice in invoices
        if invoice.customer_id == payment.customer_id
        and invoice.currency == payment.currency
        and payment.amount_minor in (invoice.amount_due_minor, invoice.amount_remaining_minor)
        for when in _attempts(invoice)
        if abs(at - when) <= SAME_ATTEMPT
    ]
    if not matches:
        return payment
    return replace(payment, invoice_id=min(matches)[1], invoice_inferred=True)


def _attempts(invoice: InvoiceState) -> list[datetime]:
    if invoice.failed_at is None:
        return []  # what was paid at once needs no reason, and would be matched in some orders only
    return [at for at in (invoice.failed_at, invoice.last_failed_at, invoice.paid_at) if at]


def invoice_with_payments(invoice: InvoiceState, mine: Iterable[PaymentState]) -> InvoiceState:
    """The invoice with what its payments tell: the newest decline, money given back, disputes."""
    mine = list(mine)
    if invoice.decline is not None and invoice.decline.get("inferred"):
        invoice = replace(invoice, decline=None, decline_at=None)  # told anew below, if it still holds
    for payment in sorted(mine, key=lambda p: (p.failed_at or p.seen_at, p.id)):
        if payment.failed_at and payment.decline:
            decline = dict(payment.decline)
            decline["inferred"] = bool(decline.get("inferred") or payment.invoice_inferred)
            invoice = with_decline(invoice, decline, payment.failed_at)
    disputed = [p for p in mine if p.disputed_at]
    latest = max(disputed, key=lambda p: (p.disputed_at, p.id), default=None)
    return replace(
        invoice,
        disputed_at=min((p.disputed_at for p in disputed if p.disputed_at), default=None),
        dispute_status=latest.dispute_status if latest else None,
        refunded_minor=sum(p.refunded_minor for p in mine),
    )
