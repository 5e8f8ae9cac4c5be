"""Reading a report's figures: sums over a few rows of its table, whatever the size of the business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, select, text
from sqlalchemy.orm import Session

from app.stats.months import last_of
from app.stats.rollups.report import MONTH, F, Rollup
from app.stats.rollups.spans import Span, Stretch, stretches
from app.stats.rules import Window


def read(
    session: Session,
    report: Rollup[F],
    by: Sequence[str],
    window: Window,
    filters: Mapping[str, str | None] | None = None,
) -> dict[tuple[str, ...], F]:
    """Figures by dimensions and `month`; `filters`: dimensions with the one value that counts, None for all."""
    wanted = {name: value for name, value in (filters or {}).items() if value is not None}
    statement = _sums(report, tuple(by), tuple(wanted), session.get_bind().dialect.name)
    found: dict[tuple[str, ...], F] = {}
    for stretch in stretches(_to_the_end(session, report, window)):
        for *key, figures in _read(session, report, statement, stretch, wanted):
            group = tuple(key)
            found[group] = found[group] + figures if group in found else figures
    return found


def _read(
    session: Session, report: Rollup[F], statement: Select[Any], stretch: Stretch, wanted: Mapping[str, str]
) -> list[tuple[Any, ...]]:
    values = {"span_": stretch.span.value, "first_": stretch.first, "last_": stretch.last}
    values |= {f"{name}_": value for name, value in wanted.items()}
    width = len(report.sums)
    return [
        (*row[:-width], report.figures(*map(int, row[-width:])))
        for row in session.connection().execute(statement, values).all()
    ]


@cache  # building a statement takes longer than running it
def _sums(report: Rollup[Any], by: tuple[str, ...], filtered: tuple[str, ...], dialect: str) -> Select[Any]:
    columns = report.table.c
    keys = [_month(columns.day, dialect) if name == MONTH else columns[name] for name in by]
    query = select(*keys, *(func.sum(columns[name]) for name in report.sums)).where(
        columns.span == bindparam("span_"),
        columns.day.between(bindparam("first_"), bindparam("last_")),
        *(columns[name] == bindparam(f"{name}_") for name in filtered),
    )
    return query.group_by(*keys) if by else query.having(func.count() > 0)


@cache
def _any_between(report: Rollup[Any]) -> Select[Any]:
    day = report.table.c.day
    day_rows = report.table.c.span == Span.DAY.value
    return select(day).where(day_rows, day > bindparam("after"), day <= bindparam("until")).limit(1)


def _to_the_end(session: Session, report: Rollup[Any], window: Window) -> Window:
    """Until the end of the month where that adds no day: of the present month the one row is read, not thirty."""
    end = last_of(window.last)
    if end == window.last:
        return window
    values = {"after": window.last, "until": end}
    more = session.connection().execute(_any_between(report), values).first()
    return window if more else Window(window.first, end)


def _month(day: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    if dialect == "sqlite":
        return func.substr(day, text("1"), text("7"))
    return func.to_char(day, text("'YYYY-MM'"))
