"""Months of the first event, and when they may be counted. Pure, and without numpy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

WATCHED = {
    "dunning": timedelta(days=30),
    "cancellation": timedelta(days=90),
    "winback": timedelta(days=90),
}
"""How long each customer of an experiment is watched. What comes later is not counted."""
WATCHED_LONGER = {"cancellation": timedelta(days=365), "winback": timedelta(days=365)}
"""And once more, for a secondary outcome without a verdict."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """The customers of one month, as counts."""

    month: str
    treated: int
    held_out: int
    closed: bool


def month_of(at: datetime) -> str:
    """`2026-01`, UTC: a unit belongs to the month of its event for ever."""
    utc = at.astimezone(UTC)
    return f"{utc.year}-{utc.month:02}"


def is_closed(month: str, watched: timedelta, now: datetime) -> bool:
    """Whether the last customer of a month has been watched so long.

    January 2026 closes for late payments on 3 March at 00:00: 30 days after its last instant.
    """
    year, number = map(int, month.split("-"))
    over = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
    return now >= over + watched


def cohorts_of(members: Iterable[tuple[datetime, bool]], experiment: str, now: datetime) -> list[Cohort]:
    """The months of `(at, treated)`, the oldest first."""
    counts: dict[str, list[int]] = {}
    for at, treated in members:
        counts.setdefault(month_of(at), [0, 0])[treated] += 1
    return [
        Cohort(month, treated=n[1], held_out=n[0], closed=is_closed(month, WATCHED[experiment], now))
        for month, n in sorted(counts.items())
    ]


def months_between(first: str, last: str) -> int:
    """Calendar months from the first to the last, both included."""
    (y1, m1), (y2, m2) = (map(int, month.split("-")) for month in (first, last))
    return (y2 - y1) * 12 + m2 - m1 + 1
