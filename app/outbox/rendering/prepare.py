"""Makes a context harmless before a template sees it: single lines, web links only, plain containers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import urlsplit

from babel import Locale

from app.core.errors import ReclaimError
from app.core.i18n import format_day, format_full_day, format_moment, format_money, format_month
from app.core.money import Money
from app.core.text import clean_line

LINE_LIMIT = 200
LINK_LIMIT = 2000

CARD_BRANDS = {
    "amex": "American Express",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "discover": "Discover",
    "eftpos_au": "eftpos",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}


class MailNotRendered(ReclaimError):
    """A mail cannot be made of this template and context. Trying again cannot help: a person must look."""

    code = "mail_not_rendered"


def harmless(value: Any, key: str = "") -> Any:
    """A copy in plain lists and dicts, its words cleaned and its links checked.

    Raises MailNotRendered for a `*_url` that is no http(s) link: autoescape lets `javascript:` through.
    """
    if isinstance(value, str):
        return web_link(value) if key.endswith("_url") else clean_line(value, LINE_LIMIT)
    if isinstance(value, Mapping):
        return {str(name): harmless(item, str(name)) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [harmless(item, key) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    raise MailNotRendered(f"context value {key!r} is a {type(value).__name__}, not plain JSON")


def web_link(url: str) -> str:
    """The link itself if a mail program may open it; raises MailNotRendered."""
    odd = len(url) > LINK_LIMIT or any(c <= " " or c in "<>\"'\\`" or c >= "\x7f" for c in url)
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
    except ValueError:
        good = False
    if odd or not good:
        raise MailNotRendered("a link in the context is not a plain http or https address")
    return url


def card_brand(brand: str | None) -> str | None:
    """`visa` is `Visa`; a brand without a known name of its own is not shown."""
    return CARD_BRANDS.get(brand.casefold().replace(" ", "_")) if brand else None


def money_writer(locale: Locale) -> Callable[[Mapping[str, Any]], str]:
    """`money({"amount_minor": 2900, "currency": "eur"})` for the templates of one mail."""

    def money(value: Mapping[str, Any]) -> str:
        return format_money(Money(int(value["amount_minor"]), str(value["currency"]).lower()), locale)

    return money


def day_writer(locale: Locale, zone: tzinfo, *, weekday: bool) -> Callable[[str], str]:
    """`day("2026-06-05T07:00:00Z")` for the templates of one mail, in the customer's zone."""

    def day(instant: str) -> str:
        return format_day(_aware(instant), zone, locale, weekday=weekday)

    return day


def full_day_writer(locale: Locale, zone: tzinfo) -> Callable[[str], str]:
    """`full_day("2026-06-05T07:00:00Z")`: the day with its year, for what may be most of a year ahead."""

    def full_day(instant: str) -> str:
        return format_full_day(_aware(instant), zone, locale)

    return full_day


def month_writer(locale: Locale) -> Callable[[str], str]:
    """`month("2026-06-15T12:00:00Z")`: the month with its year, for what a report is about."""

    def month(instant: str) -> str:
        return format_month(_aware(instant), locale)

    return month


def moment_writer(locale: Locale, zone: tzinfo) -> Callable[[str], str]:
    """`moment("2026-06-05T07:00:00Z")`: the day and the time, for what proves when something was said."""

    def moment(instant: str) -> str:
        return format_moment(_aware(instant), zone, locale)

    return moment


def _aware(instant: str) -> datetime:
    parsed = datetime.fromisoformat(instant)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
