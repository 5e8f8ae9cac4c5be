"""Sending hours and spacing. Pure: `now` and the zone are passed in; results are aware UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import get_global


@dataclass(frozen=True, slots=True)
class SendingHours:
    """Local hours in which mails leave: from `start` (inclusive) until `end` (exclusive), every day."""

    start: time = time(9, 0)
    end: time = time(18, 0)


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone and where we have it from: customer, country or default."""

    name: str
    source: str

    @property
    def info(self) -> ZoneInfo:
        return ZoneInfo(self.name)


@cache
def _zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@cache
def _zones_of(country: str) -> tuple[str, ...]:
    """Zones of a country by CLDR (through Babel), without aliases."""
    territories = get_global("zone_territories")
    return tuple(sorted(z for z, t in territories.items() if t == country and _zone_exists(z)))


@cache
def zone_for(own: str | None, country: str | None, default: str) -> Zone:
    """The customer's own zone if real, else its country's if that has one time only, else the default."""
    if own and _zone_exists(own):
        return Zone(own, "customer")
    zones = _zones_of(country.upper()) if country else ()
    if zones and len({_yearly_offsets(z) for z in zones}) == 1:
        return Zone(zones[0], "country")
    return Zone(default, "default")


def _yearly_offsets(zone: str) -> tuple[timedelta | None, ...]:
    """Winter and summer offsets: zones that agree in both show the same time to the people there."""
    return tuple(datetime(2026, month, 15, tzinfo=ZoneInfo(zone)).utcoffset() for month in (1, 7))


def next_open(at: datetime, zone: ZoneInfo, hours: SendingHours) -> datetime:
    """The first minute at or after `at` that lies inside the sending hours of the zone."""
    at = _whole_minute_up(at)
    local = at.astimezone(zone)
    if local.time() < hours.start:
        return _local(local.date(), hours.start, zone)
    if local.time() >= hours.end:
        return _local(local.date() + timedelta(days=1), hours.start, zone)
    return at


def last_open(before: datetime, zone: ZoneInfo, hours: SendingHours) -> datetime:
    """The last minute at or before `before` that lies inside the sending hours of the zone."""
    local = before.astimezone(zone).replace(second=0, microsecond=0)
    if local.time() < hours.start:
        return _local(local.date() - timedelta(days=1), _minute_before(hours.end), zone)
    if local.time() >= hours.end:
        return _local(local.date(), _minute_before(hours.end), zone)
    return local.astimezone(UTC)


def on_day(anchor: datetime, days: int, zone: ZoneInfo, hours: SendingHours) -> datetime:
    """`days` local days after the anchor, at the anchor's local time of day, moved into the hours."""
    local = anchor.astimezone(zone)
    at = min(max(local.time().replace(second=0, microsecond=0), hours.start), _minute_before(hours.end))
    return _local(local.date() + timedelta(days=days), at, zone)


def _local(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A local wall time as UTC: inside a gap the next valid minute, of a doubled hour the first."""
    wanted = datetime.combine(day, at.replace(fold=0), zone)
    found = wanted.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wanted.replace(tzinfo=None):
        return found
    found = wanted.replace(fold=1).astimezone(UTC)  # before the gap; at most a day of minutes to its end
    while found.astimezone(zone).replace(tzinfo=None) < wanted.replace(tzinfo=None):
        found += timedelta(minutes=1)
    return found


def _minute_before(at: time) -> time:
    return (datetime.combine(date(2000, 1, 2), at) - timedelta(minutes=1)).time()


def _whole_minute_up(at: datetime) -> datetime:
    floor = at.replace(second=0, microsecond=0)
    return floor if floor == at else floor + timedelta(minutes=1)
