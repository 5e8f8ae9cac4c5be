"""What the dashboard looks at: the last months, and one currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from app.ops.pages import query
from app.stats.rules import EARLIEST, LATEST, Window

CHOICES = (3, 6, 12, 24, 0)
USUAL = 12


@dataclass(frozen=True, slots=True)
class View:
    """`months` 0: everything. `currency` None: the one with the most late invoices."""

    months: int = USUAL
    currency: str | None = None

    def link(self, **changes: object) -> str:
        """The query string of this view with something changed."""
        values: dict[str, object] = {"months": self.months, "currency": self.currency} | changes
        return query(**values)


def window_of(months: int, now: datetime) -> Window:
    """The present month and those before it, `months` in all; 0: all time."""
    if not months:
        return Window(EARLIEST, LATEST)
    today = now.astimezone(UTC).date()
    number = today.year * 12 + today.month - months
    return Window(date(number // 12, number % 12 + 1, 1), today)


def months_between(first: str, last: str) -> list[str]:
    """`months_between("2025-11", "2026-01") == ["2025-11", "2025-12", "2026-01"]`."""
    numbers = [int(year) * 12 + int(month) - 1 for year, month in (first.split("-"), last.split("-"))]
    return [f"{n // 12:04}-{n % 12 + 1:02}" for n in range(numbers[0], numbers[1] + 1)]
