"""Why a payment failed: from an intent's `last_payment_error`, a refused call, or a failed charge."""

from __future__ import annotations

from app.billing.facts import Decline
from app.integrations.stripe.objects.method import Instrument, instrument
from app.integrations.stripe.read_values import EMPTY, Json, part, parts, reference, text

SIGNALS = ("code", "decline_code", "advice_code", "network_advice_code", "network_decline_code")
NO_INSTRUMENT = Instrument()


def decline_of_error(error: object, charge: Json = EMPTY) -> Decline | None:
    """An error object's reason; None if it names none. `charge` adds what only a charge tells."""
    found = part(error)
    if not found:
        return None
    signals = {key: text(found.get(key)) for key in SIGNALS}
    if not any(signals.values()):
        return None
    outcome = part(charge.get("outcome"))
    method = found.get("payment_method") or found.get("source")
    seen = instrument(method) if isinstance(method, dict) else _charged_with(charge)
    return Decline(
        code=signals["code"],
        decline_code=signals["decline_code"],
        advice_code=signals["advice_code"] or text(outcome.get("advice_code")),
        network_advice_code=signals["network_advice_code"] or text(outcome.get("network_advice_code")),
        network_decline_code=signals["network_decline_code"] or text(outcome.get("network_decline_code")),
        outcome_type=text(outcome.get("type")),
        outcome_reason=text(outcome.get("reason")),
        payment_method_id=reference(method) or reference(charge.get("payment_method")),
        method_type=seen.type or text(found.get("payment_method_type")),
        brand=seen.brand,
        last4=seen.last4,
        fingerprint=seen.fingerprint,
        wallet=seen.wallet,
    )


def decline_of_charge(charge: Json) -> Decline | None:
    """A failed charge's reason; None for a charge that went through.

    `failure_code` is the error's code; the bank's own word stands in `outcome.reason`.
    """
    if charge.get("status") != "failed":
        return None
    outcome = part(charge.get("outcome"))
    outcome_type = text(outcome.get("type"))
    reason = text(outcome.get("reason"))
    seen = _charged_with(charge)
    return Decline(
        code=text(charge.get("failure_code")),
        decline_code=reason if outcome_type == "issuer_declined" else None,
        advice_code=text(outcome.get("advice_code")),
        network_advice_code=text(outcome.get("network_advice_code")),
        network_decline_code=text(outcome.get("network_decline_code")),
        outcome_type=outcome_type,
        outcome_reason=reason,
        payment_method_id=reference(charge.get("payment_method")) or reference(charge.get("source")),
        method_type=seen.type,
        brand=seen.brand,
        last4=seen.last4,
        fingerprint=seen.fingerprint,
        wallet=seen.wallet,
    )


def _charged_with(charge: Json) -> Instrument:
    details = part(charge.get("payment_method_details")) or part(charge.get("source"))
    return instrument(details) if details else NO_INSTRUMENT


def decline_of_intent(intent: Json) -> Decline | None:
    """A payment intent's last error, completed by its newest charge where the body holds one."""
    if not intent:
        return None
    charge = charge_of_intent(intent)
    return decline_of_error(intent.get("last_payment_error"), charge) or decline_of_charge(charge)


def charge_of_intent(intent: Json) -> Json:
    """The newest charge as a whole: `latest_charge` if expanded, the first of `charges` in old bodies."""
    latest = intent.get("latest_charge")
    return latest if isinstance(latest, dict) else next(parts(intent.get("charges")), EMPTY)


def waiting_for(intent: Json, *, attempted: bool) -> Decline | None:
    """What an invoice's intent without an error waits for: the customer, or something to charge.

    `no_payment_method` is our word; the provider only leaves the field empty.
    """
    status = intent.get("status")
    if status == "requires_action":
        return Decline(
            code="invoice_payment_intent_requires_action",
            payment_method_id=reference(intent.get("payment_method")),
        )
    empty = "payment_method" in intent and not intent["payment_method"] and not intent.get("source")
    if attempted and status == "requires_payment_method" and empty:
        return Decline(code="no_payment_method")
    return None
