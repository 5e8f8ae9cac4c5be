"""Renewals: of the terms that ended, how many were renewed, and why the others were not. Definitions:
renewals_rules.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.stats.names import plan_names
from app.stats.renewals_raw import CYCLES, ENDS
from app.stats.renewals_rules import RenewalBy, RenewalFigures
from app.stats.rollups.reading import read
from app.stats.rules import Window


@dataclass(frozen=True, slots=True)
class RenewalRow:
    """One line of a report: monthly, yearly and other terms apart. `name`: of a plan, in the merchant's words."""

    group: str
    name: str | None
    term: str
    figures: RenewalFigures


@dataclass(frozen=True, slots=True)
class RenewalReport:
    """A report with what was asked. `made_at` is business time."""

    by: RenewalBy
    window: Window
    currency: str | None
    made_at: datetime
    rows: list[RenewalRow]


def report(
    session: Session,
    by: RenewalBy,
    window: Window | None = None,
    *,
    currency: str | None = None,
    plan: str | None = None,
    now: datetime,
) -> RenewalReport:
    """The terms that ended within a time, until today; no rows where none did."""
    asked, wanted = window or Window(), currency.lower() if currency else None
    until = Window(min(asked.first, now.date()), min(asked.last, now.date()))
    sums: dict[tuple[str, str], RenewalFigures] = {}
    for rollup in (CYCLES, ENDS):
        found = read(session, rollup, (by.value, "term"), until, {"currency": wanted, "plan": plan})
        for (group, term), figures in found.items():
            sums[group, term] = sums.get((group, term), RenewalFigures()) + figures
    names = plan_names(session, {group for group, _ in sums}) if by is RenewalBy.PLAN else {}
    ordered = sorted(
        sums, key=lambda k: (k[1], k[0]) if by is RenewalBy.MONTH else (k[1], -sums[k].due, k[0])
    )
    rows = [RenewalRow(group, names.get(group), term, sums[group, term]) for group, term in ordered]
    return RenewalReport(by, asked, wanted, now, rows)
