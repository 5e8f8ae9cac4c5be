"""The recovery numbers out of their roll-up: one aggregate query, whatever the grouping."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.stats.recovery_raw import RECOVERY
from app.stats.rollups.reading import read, read_one
from app.stats.rollups.report import MONTH
from app.stats.rules import By, Figures, Population, Window, month_closed

TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Cell:
    """Figures of one combination of groups, currency and population."""

    groups: tuple[str, ...]
    currency: str
    population: Population
    figures: Figures


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a report. `closed`: whether a month's cohort has settled; None in other groupings."""

    group: str
    currency: str
    population: Population
    closed: bool | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class Report:
    """A report with what was asked. `made_at` is business time."""

    by: By
    window: Window
    currency: str | None
    made_at: datetime
    rows: list[Row]


def report(
    session: Session,
    by: By,
    window: Window | None = None,
    *,
    currency: str | None = None,
    plan: str | None = None,
    population: Population | None = None,
    now: datetime,
) -> Report:
    """The figures of a time, by month, class, campaign, step or currency alone; no rows where nothing failed."""
    window = window or Window()
    found = cells(session, [by], window, currency=currency, plan=plan, population=population)
    return Report(by, window, currency, now, rows_by(found, 0, by, now=now))


def rows_by(found: Iterable[Cell], position: int, by: By, *, now: datetime) -> list[Row]:
    """Fold cells to one of the groupings they were read with."""
    sums: dict[tuple[Population, str, str], Figures] = {}
    for cell in found:
        key = (cell.population, cell.currency, TOTAL if by == By.CURRENCY else cell.groups[position])
        sums[key] = sums.get(key, Figures()) + cell.figures
    ordered = sorted(sums.items(), key=lambda item: _place(item[0], by))
    return [
        Row(group, currency, population, month_closed(group, now) if by == By.MONTH else None, figures)
        for (population, currency, group), figures in ordered
    ]


def _place(key: tuple[Population, str, str], by: By) -> tuple[Any, ...]:
    population, currency, group = key
    return (population != Population.RENEWAL, currency, int(group) if by == By.STEP else group)


def cells(
    session: Session,
    by: Sequence[By],
    window: Window,
    *,
    currency: str | None = None,
    plan: str | None = None,
    population: Population | None = None,
) -> list[Cell]:
    """The late invoices of a time, summed by several groupings at once."""
    wanted = [d for d in by if d != By.CURRENCY]
    dims = [*(DIMENSIONS[d] for d in wanted), "currency", "population"]
    filters = {
        "currency": currency.lower() if currency else None,
        "plan": plan,
        "population": population.value if population else None,
    }
    found = read(session, RECOVERY, dims, window, filters)
    return [Cell(key[:-2], key[-2], Population(key[-1]), figures) for key, figures in found.items()]


def late_by_currency(session: Session, window: Window) -> dict[str, int]:
    """How many invoices of a time were late, by currency."""
    found = read_one(session, RECOVERY, ["currency"], window, "at_risk_count")
    return {currency: count for (currency,), count in found.items()}


DIMENSIONS = {By.MONTH: MONTH, By.CLASS: "category", By.CAMPAIGN: "campaign", By.STEP: "step"}
"""What a grouping is called in the roll-up; by currency is every one."""
