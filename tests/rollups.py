"""The figures as a test's rows say: kept at once, as the worker does every quarter of an hour."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from app.core.db import Database
from app.stats.months import first_of
from app.stats.rollups.keeper import FigureKeeper
from app.stats.rollups.registry import REPORTS
from app.stats.rollups.report import Rollup
from app.stats.rollups.spans import Span
from app.stats.rules import Window

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)


def keep(db: Database, *reports: Rollup[Any]) -> None:
    """Bring the roll-ups up to date: all, or only these, which is quicker."""
    FigureKeeper(db, lambda: NOW, reports or REPORTS).refresh()


def agree_when_kept(db: Database) -> None:
    """Kept, every roll-up says what the raw query says: to be asked at the end of a story."""
    keep(db)
    agree(db)


def agree(db: Database) -> None:
    """Every roll-up says, for every day and month, what the raw query says."""
    for report in REPORTS:
        with db.read() as session:
            raw = report.raw(session, Window())
        assert stored(db, report, Span.DAY) == dict(raw), report.name
        months: dict[Any, Any] = {}
        for (day, *dims), figures in raw.items():
            key = (first_of(day), *dims)
            months[key] = months[key] + figures if key in months else figures
        assert stored(db, report, Span.MONTH) == months, report.name


def stored(db: Database, report: Rollup[Any], span: Span) -> dict[Any, Any]:
    """The rows of a roll-up's table."""
    table, width = report.table, 1 + len(report.dims)
    names = ("day", *report.dims, *report.sums)
    with db.read() as session:
        rows = session.execute(select(*(table.c[name] for name in names)).where(table.c.span == span.value))
        return {tuple(row[:width]): report.figures(*row[width:]) for row in rows}
