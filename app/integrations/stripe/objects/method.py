"""Cards, bank accounts and wallets: payment methods, and the legacy cards and sources before them."""

from __future__ import annotations

from dataclasses import dataclass

from app.billing.facts import Fact, PaymentMethodSeen, Sight
from app.integrations.stripe.objects.place import billing_place, issued_in
from app.integrations.stripe.read_values import Json, integer, part, parts, reference, text

KINDS = frozenset(("payment_method", "card", "source", "bank_account"))
LEGACY_BRANDS = {"american express": "amex", "diners club": "diners"}
LEGACY_WALLETS = {"android_pay": "google_pay"}
CARD_DETAILS = frozenset(("card", "exp_month", "exp_year", "last4", "fingerprint"))


@dataclass(frozen=True, slots=True)
class Instrument:
    """What is known of a card or account, whichever object tells it."""

    type: str | None = None
    brand: str | None = None
    last4: str | None = None
    exp_month: int | None = None
    exp_year: int | None = None
    fingerprint: str | None = None
    wallet: str | None = None


def instrument(obj: Json) -> Instrument:
    """Reads a payment method, a legacy source, a charge's `payment_method_details`, or a bare card."""
    kind = obj.get("object")
    if kind in ("card", "bank_account"):
        return _details(str(kind), obj)
    method_type = text(obj.get("type"))
    return _details(method_type, part(obj.get(method_type))) if method_type else Instrument()


def _details(method_type: str | None, details: Json) -> Instrument:
    month = integer(details.get("exp_month"), 12)
    year = integer(details.get("exp_year"), 9999)
    return Instrument(
        type=method_type,
        brand=_brand(details.get("brand")),
        last4=text(details.get("last4"), 8),
        exp_month=month if month is not None and month > 0 else None,
        exp_year=year if year is not None and year > 0 else None,
        fingerprint=text(details.get("fingerprint")),
        wallet=text(part(details.get("wallet")).get("type")) or _token_wallet(details),
    )


def _brand(value: object) -> str | None:
    brand = text(value, 40)
    if brand is None:
        return None
    lower = brand.lower()  # legacy cards say "Visa" where payment methods say "visa"
    return LEGACY_BRANDS.get(lower, lower)


def _token_wallet(details: Json) -> str | None:
    wallet = text(details.get("tokenization_method"), 40)
    return LEGACY_WALLETS.get(wallet, wallet) if wallet else None


def read_method(
    obj: Json, sight: Sight, *, detached_from: str | None = None, auto_updated: bool = False
) -> tuple[Fact, ...]:
    """One payment method. Nothing for a Connect account's own payout card or bank."""
    method_id = text(obj.get("id"))
    if method_id is None or obj.get("account"):
        return ()
    seen = instrument(obj)
    billing_country, billing_region = billing_place(obj)
    return (
        PaymentMethodSeen(
            payment_method_id=method_id,
            sight=sight,
            customer_id=None if detached_from else reference(obj.get("customer")),
            type=seen.type or "",
            brand=seen.brand,
            last4=seen.last4,
            exp_month=seen.exp_month,
            exp_year=seen.exp_year,
            fingerprint=seen.fingerprint,
            wallet=seen.wallet,
            detached_from=detached_from,
            auto_updated=auto_updated,
            billing_country=billing_country,
            billing_region=billing_region,
            card_country=issued_in(obj),
        ),
    )


def read_method_event(obj: Json, sight: Sight, event_type: str, event: Json) -> tuple[Fact, ...]:
    """A payment method with what the event adds: whose it was, or that the network replaced its details."""
    if event_type == "payment_method.detached":
        before = part(part(event.get("data")).get("previous_attributes"))
        return read_method(obj, sight, detached_from=reference(before.get("customer")))
    if event_type == "customer.source.deleted":
        return read_method(obj, sight, detached_from=reference(obj.get("customer")))
    updated = event_type == "payment_method.automatically_updated" or (
        event_type == "customer.source.updated" and _nobody_asked(event)
    )
    return read_method(obj, sight, auto_updated=updated)


def _nobody_asked(event: Json) -> bool:
    """Legacy cards have no event of their own: new card details without a request are the updater's."""
    if "request" not in event:
        return False
    request = event["request"]
    asked = request.get("id") if isinstance(request, dict) else request
    before = part(part(event.get("data")).get("previous_attributes"))
    return asked is None and not CARD_DETAILS.isdisjoint(before)


def expanded_methods(values: tuple[object, ...], sight: Sight) -> tuple[Fact, ...]:
    """Methods that another object carries as a whole instead of as a reference."""
    found: list[Fact] = []
    for value in values:
        for obj in (value,) if isinstance(value, dict) and "data" not in value else parts(value):
            if text(obj.get("object")) in KINDS:
                found.extend(read_method(obj, sight))
    return tuple(found)
