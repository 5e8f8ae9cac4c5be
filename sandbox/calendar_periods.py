"""Billing periods: boundaries counted from the original anchor, so that the 31st comes back after February.

Worked example, monthly from 31 January: 28 February, 31 March, 30 April. Counting from the previous
boundary instead would stay on the 28th for ever.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import timedelta
from typing import Any

from sandbox.clock import as_datetime, as_seconds

MONTHS = {"month": 1, "year": 12}
DAYS = {"day": 1, "week": 7}


def boundary(anchor: int, recurring: dict[str, Any], steps: int) -> int:
    """The instant `steps` whole intervals after the anchor (before it when negative)."""
    start = as_datetime(anchor)
    count = int(recurring["interval_count"]) * steps
    if recurring["interval"] in DAYS:
        return as_seconds(start + timedelta(days=DAYS[recurring["interval"]] * count))
    months = start.year * 12 + start.month - 1 + MONTHS[recurring["interval"]] * count
    year, month = divmod(months, 12)
    day = min(start.day, monthrange(year, month + 1)[1])
    return as_seconds(start.replace(year=year, month=month + 1, day=day))


def next_boundary(anchor: int, recurring: dict[str, Any], after: int) -> int:
    """The first boundary strictly later than `after`."""
    rough_days = {"day": 1, "week": 7, "month": 31, "year": 366}[recurring["interval"]]
    steps = (after - anchor) // (rough_days * 86_400 * int(recurring["interval_count"]))
    while boundary(anchor, recurring, steps) > after:
        steps -= 1
    while boundary(anchor, recurring, steps) <= after:
        steps += 1
    return boundary(anchor, recurring, steps)
