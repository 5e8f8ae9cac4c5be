"""Where a customer lives and what they speak, each with where we have it from. Pure.

In this order: the merchant's facts, the payment provider, the customer's country, the merchant's default.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.languages import get_official_languages


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone and where we have it from: facts, provider, country or default."""

    name: str
    source: str

    @property
    def info(self) -> ZoneInfo:
        return ZoneInfo(self.name)


@dataclass(frozen=True, slots=True)
class Language:
    """A language tag, `de` or `de-AT`, and where we have it from: facts, provider, country or default."""

    tag: str
    source: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a customer lives and what they speak."""

    zone: Zone
    language: Language
    country: str | None = None


@cache
def zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@cache
def _zones_of(country: str) -> tuple[str, ...]:
    """Zones of a country by CLDR (through Babel), without aliases."""
    territories = get_global("zone_territories")
    return tuple(sorted(z for z, t in territories.items() if t == country and zone_exists(z)))


@cache
def zone_for(own: str | None, country: str | None, default: str, told: str | None = None) -> Zone:
    """The zone the merchant told, the customer's own at the provider, its country's, or the default.

    A zone that does not exist is passed over; a country counts if it has one time only.
    """
    for name, source in ((told, "facts"), (own, "provider")):
        if name and zone_exists(name):
            return Zone(name, source)
    zones = _zones_of(country.upper()) if country else ()
    if zones and len({_yearly_offsets(z) for z in zones}) == 1:
        return Zone(zones[0], "country")
    return Zone(default, "default")


def _yearly_offsets(zone: str) -> tuple[timedelta | None, ...]:
    """Winter and summer offsets: zones that agree in both show the same time to the people there."""
    return tuple(datetime(2026, month, 15, tzinfo=ZoneInfo(zone)).utcoffset() for month in (1, 7))


@cache
def language_for(own: str | None, country: str | None, default: str, told: str | None = None) -> Language:
    """The language the merchant told, the provider's first, the country's if it has one only, or the default.

    A tag that no software can read is passed over.
    """
    for tag, source in ((told, "facts"), (own, "provider")):
        if tag and is_language(tag):
            return Language(tag, source)
    spoken = get_official_languages(country.upper(), de_facto=True) if country else ()
    if len(spoken) == 1:
        return Language(f"{spoken[0]}-{country.upper()}" if country else spoken[0], "country")
    return Language(default, "default")


@cache
def is_language(tag: str) -> bool:
    """Whether this is a language tag, `de`, `de-AT` or `de_AT`."""
    try:
        Locale.parse(tag.replace("_", "-"), sep="-")
    except (ValueError, TypeError, UnknownLocaleError):
        return False
    return True
