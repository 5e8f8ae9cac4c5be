"""When notices go: some days before a date, spread over days and hours by customer. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.contacts.rules import SendingHours, on_day


@dataclass(frozen=True, slots=True)
class Notice:
    """One dated notice. `number` is its place among the stages, from 0; `days` its stage."""

    number: int
    days: int
    due_at: datetime


def plan_notices(
    stages: Sequence[int],
    before: date,
    customer_id: str,
    zone: ZoneInfo,
    hours: SendingHours,
    *,
    spread_days: int,
    now: datetime,
) -> list[Notice]:
    """The notices that are still to come. A stage that has passed is dropped, not sent late.

    A stage of 14 days goes 14 to 20 days before the date, at a minute of the sending hours, both by the
    customer's hash: all cards of a month end on one day, and their mails must not all leave on one.
    """
    notices = [
        Notice(number, days, _due_at(before, days + shift, customer_id, zone, hours))
        for number, (days, shift) in enumerate(
            zip(stages, _shifts(stages, customer_id, spread_days), strict=True)
        )
    ]
    return [n for n in notices if n.due_at > now]


def _shifts(stages: Sequence[int], customer_id: str, spread_days: int) -> list[int]:
    """How many days earlier each stage goes: up to half the way to the stage before, so that they keep order."""
    widths = [
        min(spread_days, (stages[n - 1] - days) // 2) if n else spread_days for n, days in enumerate(stages)
    ]
    return [_share(customer_id, f"day {n}", max(width, 1)) for n, width in enumerate(widths)]


def _due_at(before: date, days: int, customer_id: str, zone: ZoneInfo, hours: SendingHours) -> datetime:
    start = datetime.combine(before, hours.start, zone)
    minutes = int((datetime.combine(before, hours.end, zone) - start).total_seconds() // 60)
    wanted = start + timedelta(minutes=_share(customer_id, f"minute {days}", minutes))
    return on_day(wanted, -days, zone, hours)


def _share(customer_id: str, what: str, parts: int) -> int:
    """A number from 0 to `parts` - 1 that is always the same for a customer, and even over customers."""
    digest = hashlib.sha256(f"expiring|{what}|{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8]) % parts
