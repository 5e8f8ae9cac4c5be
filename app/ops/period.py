"""What a page of the dashboard looks at: months, a currency, a plan, a campaign; kept from page to page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, TypeVar

from fastapi import Query

from app.ops.pages import query
from app.stats.rules import EARLIEST, LATEST, Window

Row = TypeVar("Row")
CHOICES = (1, 3, 6, 12, 24, 0)
USUAL = 12
_MONTH = r"^((19[7-9]|2\d\d)\d-(0[1-9]|1[0-2]))?$"


@dataclass(frozen=True, slots=True)
class View:
    """`months`: the present one and those before it, 0 all time, None what is usual on the page. `first` and `last`
    (2026-04) win over them. `currency` None: the one with the most late invoices."""

    months: int | None = None
    first: str | None = None
    last: str | None = None
    currency: str | None = None
    plan: str | None = None
    campaign: str | None = None

    @property
    def chosen(self) -> bool:
        """Whether the months were named one by one."""
        return bool(self.first or self.last)

    def link(self, **changes: object) -> str:
        """The query string of this view with something changed; another number of months forgets the named ones."""
        period = {"from": self.first, "to": self.last} if self.chosen else {"months": self.months}
        kept = {} if "months" in changes else period
        rest = {"currency": self.currency, "plan": self.plan, "campaign": self.campaign}
        return query(**(kept | rest | changes))

    def window(self, now: datetime) -> Window:
        """Its days. Raises InvalidInput where it would end before it begins."""
        if not self.chosen:
            return window_of(USUAL if self.months is None else self.months, now)
        first = _first_day(self.first) if self.first else EARLIEST
        last = _last_day(self.last) if self.last else LATEST
        return Window(first, last)

    def words(self) -> str:
        """`the last 12 months`, `2026-01 to 2026-06`."""
        if self.first and self.last:
            return self.first if self.first == self.last else f"{self.first} to {self.last}"
        if self.chosen:
            return f"from {self.first} on" if self.first else f"until {self.last}"
        return months_words(USUAL if self.months is None else self.months)


def months_words(months: int) -> str:
    """How a number of months reads in a sentence."""
    return {0: "all time", 1: "this month"}.get(months, f"the last {months} months")


def view_of(
    months: Annotated[int | None, Query(ge=0, le=120)] = None,
    first: Annotated[str, Query(alias="from", pattern=_MONTH)] = "",
    last: Annotated[str, Query(alias="to", pattern=_MONTH)] = "",
    currency: Annotated[str, Query(pattern=r"^([A-Za-z]{3})?$")] = "",
    plan: Annotated[str, Query(max_length=255, pattern=r"^[^\x00-\x1f]*$")] = "",
    campaign: Annotated[str, Query(max_length=60, pattern=r"^[a-z_]*$")] = "",
) -> View:
    """A route's parameter: what was asked for. A form sends an empty word for what was left open."""
    return View(months, first or None, last or None, currency.lower() or None, plan or None, campaign or None)


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


def every_month(rows: Sequence[Row], month: Callable[[Row], str], blank: Callable[[str], Row]) -> list[Row]:
    """Rows by month with those between the first and the last that have none."""
    known = {month(row): row for row in rows}
    if not known:
        return []
    return [known.get(name) or blank(name) for name in months_between(min(known), max(known))]


def at_least(view: View, months: int) -> View:
    """The same with more months where it has fewer: a line of one month shows nothing."""
    short = not view.chosen and view.months is not None and 0 < view.months < months
    return replace(view, months=months) if short else view


def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _last_day(month: str) -> date:
    day = _first_day(month)
    number = day.year * 12 + day.month
    return date(number // 12, number % 12 + 1, 1) - timedelta(days=1)
