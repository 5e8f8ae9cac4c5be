"""Calendar months (UTC) as their first days. Pure."""

from __future__ import annotations

from datetime import date, timedelta


def first_of(day: date) -> date:
    """The first day of a day's month."""
    return day.replace(day=1)


def later(month: date, count: int) -> date:
    """The first day of the month so many months later, or earlier where negative."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def last_of(day: date) -> date:
    """The last day of a day's month."""
    return later(day, 1) - timedelta(days=1)


def months(first: date, last: date) -> list[date]:
    """Every month from a day's to another day's, both included."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [later(first, k) for k in range(count)]


def whole(first: date, last: date) -> bool:
    """Whether these two days are the bounds of whole months."""
    return first.day == 1 and last == last_of(last)
