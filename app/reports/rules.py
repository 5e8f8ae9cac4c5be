"""When a report is due, and about which months. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from app.stats.rules import Window

AT = time(9)
SATURDAY = 5
LATE_AFTER = timedelta(days=7)
"""A worker that was away for longer sends none for that month: the next one is not far."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One report. `month`: the first day of the month that it is about; `due_at`: when it is to leave.

    Payments are told of `paid_month`, the one before: who failed to pay has 30 days, so the figures of
    `month` are not closed yet.
    """

    month: date
    due_at: datetime

    @property
    def key(self) -> str:
        return f"report:{self.month:%Y-%m}"

    @property
    def paid_month(self) -> date:
        return _month_before(self.month)


def edition_at(now: datetime, zone: tzinfo) -> Edition:
    """The report of this month by the merchant's calendar: about the last one, due on the first weekday at nine."""
    first = now.astimezone(zone).date().replace(day=1)
    day = first
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return Edition(_month_before(first), datetime.combine(day, AT, zone))


def is_time(edition: Edition, now: datetime) -> bool:
    return edition.due_at <= now < edition.due_at + LATE_AFTER


def next_edition(after: datetime, zone: tzinfo) -> Edition:
    """The first report that is due later than this."""
    this = edition_at(after, zone)
    if this.due_at > after:
        return this
    first = after.astimezone(zone).date().replace(day=1)
    middle_of_next = datetime.combine(first + timedelta(days=45), time(), zone)
    return edition_at(middle_of_next, zone)


def window_of(month: date) -> Window:
    """All days of a month."""
    return Window(month, _first_of_next(month) - timedelta(days=1))


def _month_before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def _first_of_next(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
