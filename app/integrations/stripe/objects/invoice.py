"""Invoices and their payments, in the shapes of 2014, of 2018 to 2025, and since the 2025-03-31 API."""

from __future__ import annotations

from typing import NamedTuple

from app.billing.facts import (
    Decline,
    Fact,
    InvoiceDeleted,
    InvoicePaymentFailed,
    InvoicePaymentLinked,
    InvoiceSeen,
    Sight,
)
from app.integrations.stripe.objects.decline import (
    charge_of_intent,
    decline_of_charge,
    decline_of_intent,
    waiting_for,
)
from app.integrations.stripe.objects.line import billed_thing, subscription_of
from app.integrations.stripe.read_values import (
    MAX_COUNT,
    Json,
    amount,
    flag,
    instant,
    integer,
    part,
    parts,
    reference,
    text,
)
from app.integrations.stripe.read_words import email, web_address

HAPPENINGS = {"invoice.payment_failed": False, "invoice.payment_action_required": True}
OUT_OF_BAND = frozenset(("payment_record", "out_of_band_payment"))


class Paid(NamedTuple):
    """What the invoice's payments tell, as far as the body holds them."""

    intent_id: str | None = None
    charge_id: str | None = None
    decline: Decline | None = None
    out_of_band: bool = False


def read_invoice(obj: Json, sight: Sight, event_type: str = "") -> tuple[Fact, ...]:
    """An invoice, the links to its payments if expanded, and the failure that the event reports.

    A preview of a bill to come is no invoice: it has no id, or one that names nothing.
    """
    invoice_id = text(obj.get("id"))
    if invoice_id is None or event_type == "invoice.upcoming" or invoice_id.startswith("upcoming_"):
        return ()
    if event_type == "invoice.deleted" or flag(obj.get("deleted")):
        return (InvoiceDeleted(invoice_id, sight.at),)
    seen = _invoice(obj, invoice_id, sight)
    facts: list[Fact] = [seen]
    for payment in parts(obj.get("payments")):
        facts.extend(read_invoice_payment(payment, sight, invoice_id))
    if event_type in HAPPENINGS:
        needs_action = HAPPENINGS[event_type]
        facts.append(InvoicePaymentFailed(invoice_id, sight.at, seen.attempt_count, needs_action))
    return tuple(facts)


def _invoice(obj: Json, invoice_id: str, sight: Sight) -> InvoiceSeen:
    status = _status(obj)
    due = amount(obj.get("amount_due"))
    paid, remaining = integer(obj.get("amount_paid")), integer(obj.get("amount_remaining"))
    transitions = part(obj.get("status_transitions"))
    uncollectible = part(part(obj.get("status_details")).get("uncollectible"))
    thing = billed_thing(obj)
    how = _paid(obj)
    return InvoiceSeen(
        invoice_id=invoice_id,
        sight=sight,
        customer_id=reference(obj.get("customer")),
        subscription_id=subscription_of(obj),
        status=status,
        billing_reason=text(obj.get("billing_reason")),
        collection_method=text(obj.get("collection_method")) or text(obj.get("billing")),
        currency=text(obj.get("currency")) or "",
        amount_due_minor=due,
        amount_paid_minor=paid if paid is not None else due if status == "paid" else 0,
        amount_remaining_minor=remaining if remaining is not None else 0 if status == "paid" else due,
        attempt_count=max(integer(obj.get("attempt_count"), MAX_COUNT) or 0, 0),
        attempted=flag(obj.get("attempted")),
        auto_advance=_auto_advance(obj),
        next_payment_attempt_at=instant(obj.get("next_payment_attempt")),
        created_at=instant(obj.get("created")) or instant(obj.get("date")),
        period_end_at=instant(obj.get("period_end")),
        due_at=instant(obj.get("due_date")),
        paid_at=instant(transitions.get("paid_at")),
        paid_out_of_band=_paid_elsewhere(obj) or how.out_of_band,
        uncollectible_reason=text(uncollectible.get("reason")),
        number=text(obj.get("number")),
        label=thing.label,
        price_id=thing.price_id,
        product_id=thing.product_id,
        hosted_url=web_address(obj.get("hosted_invoice_url")),
        payment_intent_id=how.intent_id,
        charge_id=how.charge_id,
        customer_email=email(obj.get("customer_email")),
        decline=None if status == "paid" else how.decline,
    )


def _status(obj: Json) -> str:
    """`status` rules; recorded open and void invoices carry `paid: true` beside it.

    Only bodies before 2018-11 have none, and tell by flags; `closed` meant "stop collecting", not "void".
    """
    status = text(obj.get("status"))
    if status is not None:
        return status
    if flag(obj.get("paid")):
        return "paid"
    if flag(obj.get("forgiven")):
        return "uncollectible"
    if obj.get("attempted") is None and obj.get("closed") is None:
        return ""
    return "open" if flag(obj.get("attempted")) or flag(obj.get("closed")) else "draft"


def _auto_advance(obj: Json) -> bool | None:
    value = obj.get("auto_advance")
    if isinstance(value, bool):
        return value
    closed = obj.get("closed")
    return not closed if isinstance(closed, bool) else None


def _paid(obj: Json) -> Paid:
    """The payment that matters: the default one, else the newest; in old bodies the only one."""
    payments = list(parts(obj.get("payments")))
    if payments:
        chosen = max(payments, key=lambda p: (flag(p.get("is_default")), amount(p.get("created"))))
        return _of_payment(part(chosen.get("payment")), attempted=flag(obj.get("attempted")))
    intent, charge = obj.get("payment_intent"), obj.get("charge")
    return Paid(
        intent_id=reference(intent),
        charge_id=reference(charge),
        decline=decline_of_intent(part(intent)) or decline_of_charge(part(charge)),
    )


def _of_payment(payment: Json, *, attempted: bool) -> Paid:
    intent, charge = part(payment.get("payment_intent")), payment.get("charge")
    newest = intent.get("latest_charge") or charge_of_intent(intent)
    return Paid(
        intent_id=reference(payment.get("payment_intent")),
        charge_id=reference(charge) or reference(newest),
        decline=decline_of_intent(intent)
        or decline_of_charge(part(charge))
        or waiting_for(intent, attempted=attempted),
        out_of_band=text(payment.get("type")) in OUT_OF_BAND,
    )


def _paid_elsewhere(obj: Json) -> bool:
    """A flag in old bodies, an amount in new ones."""
    return flag(obj.get("paid_out_of_band")) or (amount(obj.get("amount_paid_off_stripe")) or 0) > 0


def read_invoice_payment(obj: Json, sight: Sight, invoice_id: str | None = None) -> tuple[Fact, ...]:
    """Which payment belongs to which invoice."""
    payment = part(obj.get("payment"))
    owner = reference(obj.get("invoice")) or invoice_id
    intent_id = reference(payment.get("payment_intent"))
    charge_id = reference(payment.get("charge"))
    if owner is None or (intent_id is None and charge_id is None):
        return ()
    return (InvoicePaymentLinked(owner, sight.at, intent_id, charge_id, text(obj.get("status"))),)
