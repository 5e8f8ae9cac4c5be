"""Payment intents, charges and disputes."""

from __future__ import annotations

from app.billing.facts import DisputeSeen, Fact, PaymentSeen, Sight
from app.integrations.stripe.objects.decline import charge_of_intent, decline_of_charge, decline_of_intent
from app.integrations.stripe.read_values import Json, amount, flag, reference, text

# In these states an error that is still on the intent belongs to an attempt that is over.
SETTLED = frozenset(("succeeded", "processing", "canceled", "requires_capture"))


def read_intent(obj: Json, sight: Sight, event_type: str) -> tuple[Fact, ...]:
    """A payment intent. `failed` if the event says so, or if it waits for a new try with an error."""
    intent_id = text(obj.get("id"))
    if intent_id is None:
        return ()
    status = text(obj.get("status")) or ""
    charge = charge_of_intent(obj)
    told = event_type == "payment_intent.payment_failed"
    decline = decline_of_intent(obj) if told or status not in SETTLED else None
    return (
        PaymentSeen(
            payment_id=intent_id,
            sight=sight,
            customer_id=reference(obj.get("customer")),
            invoice_id=reference(obj.get("invoice")),
            charge_id=reference(obj.get("latest_charge")) or reference(charge),
            status=status,
            amount_minor=amount(obj.get("amount")),
            currency=text(obj.get("currency")) or "",
            failed=told or decline is not None,
            decline=decline,
            refunded_minor=amount(charge.get("amount_refunded")),
            disputed=flag(charge.get("disputed")),
        ),
    )


def read_charge(obj: Json, sight: Sight) -> tuple[Fact, ...]:
    """A charge, under its intent's id where it has one."""
    charge_id = text(obj.get("id"))
    if charge_id is None:
        return ()
    status = text(obj.get("status")) or ""
    return (
        PaymentSeen(
            payment_id=reference(obj.get("payment_intent")) or charge_id,
            sight=sight,
            customer_id=reference(obj.get("customer")),
            invoice_id=reference(obj.get("invoice")),
            charge_id=charge_id,
            status=status,
            amount_minor=amount(obj.get("amount")),
            currency=text(obj.get("currency")) or "",
            failed=status == "failed",
            decline=decline_of_charge(obj),
            refunded_minor=amount(obj.get("amount_refunded")),
            disputed=flag(obj.get("disputed")) or bool(obj.get("dispute")),
        ),
    )


def read_dispute(obj: Json, sight: Sight) -> tuple[Fact, ...]:
    """A chargeback or an inquiry before one."""
    # Bodies of 2014 have no id of their own; there was one dispute a charge.
    dispute_id = text(obj.get("id")) or reference(obj.get("charge"))
    if dispute_id is None:
        return ()
    return (
        DisputeSeen(
            dispute_id=dispute_id,
            sight=sight,
            payment_intent_id=reference(obj.get("payment_intent")),
            charge_id=reference(obj.get("charge")),
            status=text(obj.get("status")) or "",
            reason=text(obj.get("reason")),
            amount_minor=amount(obj.get("amount")),
            currency=text(obj.get("currency")) or "",
        ),
    )
