"""Customers: whom we may have to write to, and what is charged by default."""

from __future__ import annotations

from app.billing.facts import CustomerSeen, Fact, Sight
from app.integrations.stripe.objects.method import expanded_methods
from app.integrations.stripe.objects.place import country_and_region
from app.integrations.stripe.read_values import Json, flag, part, reference, text
from app.integrations.stripe.read_words import email, name

ZONE_KEYS = ("time_zone", "timezone", "tz")
MAX_ZONE = 64
MAX_LOCALE = 35


def read_customer(obj: Json, sight: Sight, event_type: str) -> tuple[Fact, ...]:
    """A customer, and the payment methods that the body carries as a whole."""
    customer_id = text(obj.get("id"))
    if customer_id is None:
        return ()
    default_method = part(obj.get("invoice_settings")).get("default_payment_method")
    default_source = obj.get("default_source") or obj.get("default_card")
    country, region, country_source = _lives_in(obj)
    return (
        CustomerSeen(
            customer_id=customer_id,
            sight=sight,
            email=email(obj.get("email")),
            name=name(obj.get("name")),
            phone=text(obj.get("phone"), 40),
            locale=_locale(obj.get("preferred_locales")),
            country=country,
            region=region,
            country_source=country_source,
            time_zone=_time_zone(part(obj.get("metadata"))),
            currency=text(obj.get("currency"), 3),
            default_payment_method_id=reference(default_method),
            default_source_id=reference(default_source),
            delinquent=flag(obj.get("delinquent")),
            deleted=flag(obj.get("deleted")) or event_type == "customer.deleted",
        ),
        *expanded_methods((default_method, default_source, obj.get("sources")), sight),
    )


def _locale(value: object) -> str | None:
    return text(value[0], MAX_LOCALE) if isinstance(value, list) and value else None


def _lives_in(obj: Json) -> tuple[str | None, str | None, str | None]:
    """Country, region and which address they are from: the customer's own, else the one for shipping."""
    addresses = (("address", obj.get("address")), ("shipping", part(obj.get("shipping")).get("address")))
    for source, address in addresses:
        country, region = country_and_region(address)
        if country:
            return country, region, source
    return None, None, None


def _time_zone(metadata: Json) -> str | None:
    return next((zone for key in ZONE_KEYS if (zone := text(metadata.get(key), MAX_ZONE))), None)
