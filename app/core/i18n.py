"""Languages: which one to speak, its words, and its way of writing money and days.

A whole text is in one language. Formats follow the language of the words, never the customer's wish alone:
an English sentence with a German amount in it reads as a forgery. A customer who wants `de-AT` gets Austrian
formats where a German catalogue exists, and otherwise the merchant's default language with *its* formats.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time, get_timezone_gmt, match_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import NumberPattern, get_currency_precision, get_currency_symbol
from babel.support import NullTranslations, Translations

from app.core.money import Money, decimals

LOCALE_FOLDER = Path(__file__).resolve().parents[2] / "locale"
SOURCE_LANGUAGE = "en"  # the language the source strings are written in; needs no catalogue to be complete
FAMILY_NAME_FIRST = frozenset({"hu", "ja", "ko", "vi", "zh"})


@dataclass(frozen=True, slots=True)
class Language:
    """`catalogue` names the words ("de"), `locale` the formats ("de_AT"); both always of one language.

    `tag` and `direction` are for `lang="de-AT" dir="ltr"`.
    """

    catalogue: str
    locale: Locale
    tag: str
    direction: str


@lru_cache(maxsize=512)
def _language(catalogue: str, locale: Locale) -> Language:
    direction = "rtl" if locale.character_order == "right-to-left" else "ltr"
    return Language(catalogue, locale, str(locale).replace("_", "-"), direction)


class Catalogues:
    """Every `locale/<language>/LC_MESSAGES/messages.po`, read once; there is no compile step to forget."""

    def __init__(self, folder: Path = LOCALE_FOLDER) -> None:
        self._words: dict[str, NullTranslations] = {SOURCE_LANGUAGE: NullTranslations()}
        for path in sorted(folder.glob("*/LC_MESSAGES/messages.po")):
            self._words[path.parents[1].name] = _read(path)

    @property
    def languages(self) -> Mapping[str, NullTranslations]:
        return self._words

    def choose(self, wanted: str | None, fallback: str) -> Language:
        """The customer's language where there are words for it, else the merchant's, else English."""
        for tag in (wanted, fallback):
            locale = _parse(tag)
            if locale is None:
                continue
            names = [str(locale), f"{locale.language}_{locale.script}", locale.language]
            found = next((name for name in names if name in self._words), None)
            if found:
                return _language(found, locale)
        return _language(SOURCE_LANGUAGE, Locale(SOURCE_LANGUAGE))


@lru_cache(maxsize=1)
def our_catalogues() -> Catalogues:
    """The service's languages, read once a process."""
    return Catalogues()


def _read(path: Path) -> NullTranslations:
    with path.open("rb") as source:
        catalogue = read_po(source, locale=path.parents[1].name)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


@lru_cache(maxsize=512)
def _parse(tag: str | None) -> Locale | None:
    """A locale out of whatever a provider or a browser calls one: `de-AT`, `de_at`, `en_US.UTF-8`."""
    if not tag:
        return None
    try:
        return Locale.parse(tag.split(".")[0].replace("_", "-"), sep="-")
    except (ValueError, TypeError, UnknownLocaleError):
        head = re.match(r"[A-Za-z]{2,3}(?=[-_])", tag)
        return _parse(head.group()) if head else None


def zone_of(name: str | None) -> tzinfo:
    """The time zone of that name, or UTC where it is missing or unknown."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ValueError, OSError, KeyError):  # odd characters, a folder's name, no such zone
        return UTC


@lru_cache(maxsize=8192)  # a price is written twice a mail, and the same plans come again and again
def format_money(money: Money, locale: Locale) -> str:
    """`Money(2900, "eur")` is `€29.00` in English and `29,00 €` in German.

    The provider's decimals decide the value, the locale's the look: a currency that is written without
    decimals is, unless that would hide a part of the amount.
    """
    amount, code = money.to_decimal(), money.currency.upper()
    usual = get_currency_precision(code)
    digits = usual if amount == round(amount, usual) else decimals(money.currency)
    text: str = _money_pattern(locale, code, digits).apply(
        amount, locale, currency=code, currency_digits=False, group_separator=True
    )
    return text


@lru_cache(maxsize=1024)
def _money_pattern(locale: Locale, code: str, digits: int) -> NumberPattern:
    usual = locale.currency_formats["standard"]
    prefix = usual.prefix
    if prefix[0] == "¤" and get_currency_symbol(code, locale=locale)[-1:].isalpha():
        prefix = ("¤\u00a0", "-¤\u00a0")  # "KWD 29.000", not "KWD29.000"
    return NumberPattern(
        usual.pattern, prefix, usual.suffix, usual.grouping, usual.int_prec, (digits, digits), None, None,
        usual.number_pattern,
    )  # fmt: skip


def format_day(instant: datetime, zone: tzinfo, locale: Locale, *, weekday: bool = True) -> str:
    """The day of an instant where the customer lives, in words: `Friday, June 5`; without weekday `June 5`."""
    return _format_date(instant.astimezone(zone).date(), locale, weekday)


def format_full_day(instant: datetime, zone: tzinfo, locale: Locale) -> str:
    """A day with its year, for what lies far ahead or is kept for long: `June 5, 2026`."""
    return format_date(instant.astimezone(zone).date(), "long", locale)


def format_month(instant: datetime, locale: Locale) -> str:
    """The month of an instant, UTC: `October 2026`."""
    text: str = format_skeleton("yMMMM", instant.astimezone(UTC), locale=locale)
    return text


def format_moment(instant: datetime, zone: tzinfo, locale: Locale) -> str:
    """A day with its year and time, as a proof needs it: `Friday, June 5, 2026, 10:00 AM GMT+02:00`."""
    local = instant.astimezone(zone)
    time = format_time(local, "short", tzinfo=zone, locale=locale)
    offset = get_timezone_gmt(local, width="long", locale=locale)
    return f"{format_date(local, 'full', locale)}, {time} {offset}"


@lru_cache(maxsize=4096)
def _format_date(day: date, locale: Locale, weekday: bool) -> str:
    return format_date(day, _day_pattern(locale, "MMMMEEEEd" if weekday else "MMMMd"), locale)


@lru_cache(maxsize=512)
def _day_pattern(locale: Locale, skeleton: str) -> str:
    """The locale's order of weekday, day and month with all names in full.

    CLDR lists the short form in most languages and says to widen its fields to what was asked for.
    """
    known = locale.datetime_skeletons
    name = skeleton if skeleton in known else match_skeleton(skeleton, known)
    parts = re.split(r"('[^']*')", str(known[name].pattern) if name else "EEEE, d MMMM")
    return "".join(part if part.startswith("'") else _widened(part) for part in parts)


def _widened(fields: str) -> str:
    return re.sub("E+|c{3,}", "EEEE", re.sub(r"([ML])\1{2,}", r"\1\1\1\1", fields))
