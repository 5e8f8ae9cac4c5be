"""The provider's events as facts: snapshot events, thin events, and objects that we read ourselves.

An event is taken as "this object looked like this then". The object's kind decides how it is read, so
that an event type of next year about an invoice is still a picture of an invoice. Unknown kinds say
nothing. No body raises.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from app.billing.facts import (
    CardSessionCompleted,
    CheckoutCompleted,
    CheckoutExpired,
    CouponDeleted,
    Fact,
    InvoiceDeleted,
    InvoicePaymentFailed,
    MarketingAllowed,
    SetupSucceeded,
    Sight,
    Translation,
)
from app.integrations.stripe.objects.customer import read_customer
from app.integrations.stripe.objects.invoice import read_invoice, read_invoice_payment
from app.integrations.stripe.objects.method import KINDS, read_method_event
from app.integrations.stripe.objects.payment import read_charge, read_dispute, read_intent
from app.integrations.stripe.objects.session import read_session, read_setup
from app.integrations.stripe.objects.subscription import read_subscription
from app.integrations.stripe.read_values import EMPTY, Json, part, reference, text, written_instant

LIVE_TYPE = "reclaim.live"
THIN_PREFIX = "v1."
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of a body that tells none: older than any other, so that it never replaces a picture."""

# Thin events about these kinds are worth a read; the others say nothing to us.
READABLE = KINDS | frozenset(
    (
        "customer",
        "subscription",
        "invoice",
        "invoice_payment",
        "payment_intent",
        "charge",
        "dispute",
        "refund",
        "setup_intent",
        "checkout.session",
    )
)
LOST_REFUNDS = frozenset(("failed", "canceled"))


def translate(body: bytes, *, live: bool) -> Translation:
    """Facts of one stored body. `live`: the body is an object that we read, wrapped as an event."""
    try:
        event = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Translation()
    return translate_event(event, live=live) if isinstance(event, dict) else Translation()


def translate_event(event: Json, *, live: bool) -> Translation:
    """As `translate`, for a decoded event."""
    event_type = _plain_type(event)
    at = written_instant(event.get("created"))
    if event.get("object") == "v2.core.event":
        return _translate_thin(event, event_type, at)
    obj = part(part(event.get("data")).get("object"))
    kind, object_id = text(obj.get("object")), text(obj.get("id"))
    if kind == "refund":
        return _translate_refund(obj, event_type, at)
    sight = Sight(at or EPOCH, live)
    facts = _read(obj, kind, sight, "" if event_type == LIVE_TYPE else event_type, event)
    return Translation(facts, kind, object_id, event_type=event_type, at=at)


def translate_object(
    obj: Json, at: datetime, live: bool, event_type: str | None = None, happened_at: datetime | None = None
) -> tuple[Fact, ...]:
    """Facts of an object that stands by itself, usually read from the provider at `at`.

    `event_type` names the event that made us read it, and adds what happened; `happened_at` is that
    event's time. The attempt count is the object's, so after a late read it is an upper bound.
    """
    plain = (event_type or "").removeprefix(THIN_PREFIX)
    facts = _read(obj, text(obj.get("object")), Sight(at, live), "" if plain == LIVE_TYPE else plain, EMPTY)
    return facts if happened_at is None else tuple(_dated(fact, happened_at) for fact in facts)


def _dated(fact: Fact, at: datetime) -> Fact:
    match fact:
        case (
            InvoicePaymentFailed()
            | InvoiceDeleted()
            | CardSessionCompleted()
            | CheckoutCompleted()
            | CheckoutExpired()
            | MarketingAllowed()
            | SetupSucceeded()
            | CouponDeleted()
        ):
            return replace(fact, at=at)
        case _:
            return fact


def _plain_type(event: Json) -> str:
    return (text(event.get("type")) or "").removeprefix(THIN_PREFIX)


def _translate_thin(event: Json, event_type: str, at: datetime | None) -> Translation:
    """A thin event names its object and no more; what it says comes after the read."""
    related = part(event.get("related_object"))
    kind, object_id = text(related.get("type")), reference(related)
    if event_type == "coupon.deleted":
        lost = (CouponDeleted(object_id, at or EPOCH),) if object_id else ()
        return Translation(lost, kind, object_id, event_type=event_type, at=at)
    if kind not in READABLE or object_id is None or event_type == "invoice.upcoming":
        return Translation((), kind, object_id, event_type=event_type, at=at)
    if event_type == "invoice.deleted":  # there is nothing left to read
        gone = (InvoiceDeleted(object_id, at or EPOCH),)
        return Translation(gone, kind, object_id, event_type=event_type, at=at)
    return Translation((), kind, object_id, wants_live=True, event_type=event_type, at=at)


def _translate_refund(refund: Json, event_type: str, at: datetime | None) -> Translation:
    """A refund tells of itself only; the total stands on its charge.

    `charge.refunded` brings that charge by itself, except when a refund is taken back.
    """
    charge_id = reference(refund.get("charge"))
    lost = event_type == "refund.failed" or text(refund.get("status")) in LOST_REFUNDS
    wants = lost and charge_id is not None
    return Translation((), "charge", charge_id, wants_live=wants, event_type=event_type, at=at)


def _read(obj: Json, kind: str | None, sight: Sight, event_type: str, event: Json) -> tuple[Fact, ...]:
    match kind:
        case "invoice":
            return read_invoice(obj, sight, event_type)
        case "subscription":
            return read_subscription(obj, sight)
        case "customer":
            return read_customer(obj, sight, event_type)
        case "charge":
            return read_charge(obj, sight)
        case "payment_intent":
            return read_intent(obj, sight, event_type)
        case "invoice_payment":
            return read_invoice_payment(obj, sight)
        case "payment_method" | "card" | "source" | "bank_account":
            return read_method_event(obj, sight, event_type, event)
        case "checkout.session":
            return read_session(obj, sight, event_type)
        case "setup_intent":
            return read_setup(obj, sight)
        case "dispute":
            return read_dispute(obj, sight)
        case "coupon":
            coupon_id = text(obj.get("id"))
            return (
                (CouponDeleted(coupon_id, sight.at),) if coupon_id and event_type == "coupon.deleted" else ()
            )
        case "refund":  # its charge has the total; our own reads bring it along
            return read_charge(part(obj.get("charge")), sight)
        case _:
            return ()
