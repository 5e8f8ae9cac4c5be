"""Sending hours and days. Pure: `now` and the zone are passed in; results are aware UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class SendingHours:
    """Local hours in which mails leave: from `start` (inclusive) until `end` (exclusive), on `days`.

    Days are numbered as Python does it, 0 is Monday; at least one.
    """

    start: time = time(9, 0)
    end: time = time(18, 0)
    days: frozenset[int] = EVERY_DAY


def next_open(at: datetime, zone: ZoneInfo, hours: SendingHours) -> datetime:
    """The first minute at or after `at` that lies inside the sending hours of the zone."""
    at = _whole_minute_up(at)
    day = at.astimezone(zone).date()
    if at.astimezone(zone).time() >= hours.end:
        day += timedelta(days=1)
    while not is_open(at, zone, hours):  # a day may be closed, or its hours lie in a gap of the clocks
        at, day = _local(day, hours.start, zone), day + timedelta(days=1)
    return at


def last_open(before: datetime, zone: ZoneInfo, hours: SendingHours) -> datetime:
    """The last minute at or before `before` that lies inside the sending hours of the zone."""
    at = before.replace(second=0, microsecond=0)
    day = at.astimezone(zone).date()
    if at.astimezone(zone).time() < hours.start:
        day -= timedelta(days=1)
    while not is_open(at, zone, hours):
        at, day = _local(day, _minute_before(hours.end), zone), day - timedelta(days=1)
    return at.astimezone(UTC)


def is_open(at: datetime, zone: ZoneInfo, hours: SendingHours) -> bool:
    """Whether mails leave in this minute."""
    local = at.astimezone(zone)
    return local.weekday() in hours.days and hours.start <= local.time() < hours.end


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
