"""Reading a report's figures: sums over a few rows of its table, whatever the size of the business."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cache
from operator import add
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from app.stats.months import last_of
from app.stats.rollups.report import MONTH, F, Rollup
from app.stats.rollups.spans import Span, stretches
from app.stats.rules import Window

DAY = "day"
_REMEMBERED = "figures that were read"


def read(
    session: Session,
    report: Rollup[F],
    by: Sequence[str],
    window: Window,
    filters: Mapping[str, str | None] | None = None,
) -> dict[tuple[str, ...], F]:
    """Figures by dimensions and `month`; `filters`: dimensions with the one value that counts, None for all."""
    wanted = {name: value for name, value in (filters or {}).items() if value is not None}
    return _once(
        session,
        (report.name, tuple(by), window, frozenset(wanted.items())),
        lambda: {
            key: report.figures(*sums)
            for key, sums in _read(session, report, tuple(by), report.sums, window, wanted).items()
        },
    )


def read_one(
    session: Session, report: Rollup[Any], by: Sequence[str], window: Window, figure: str
) -> dict[tuple[str, ...], int]:
    """One of the figures alone: less than half the work."""
    found = _read(session, report, tuple(by), (figure,), window, {})
    return {key: sums[0] for key, sums in found.items()}


def remember(session: Session) -> None:
    """From now on nothing is read twice: for a page, several of whose tables ask for the same. Not for who writes."""
    session.info[_REMEMBERED] = {}


def _once(session: Session, asked: Hashable, ask: Callable[[], dict[Any, F]]) -> dict[Any, F]:
    kept = session.info.get(_REMEMBERED)
    if kept is None:
        return ask()
    if asked not in kept:
        kept[asked] = ask()
    return dict(kept[asked])


def _read(
    session: Session,
    report: Rollup[Any],
    by: tuple[str, ...],
    sums: tuple[str, ...],
    window: Window,
    wanted: Mapping[str, str],
) -> dict[tuple[str, ...], list[int]]:
    group_of, keys = _group_of(by, wanted), _keys(report, by, wanted)
    statement, connection = _sums(report, keys, tuple(wanted), sums), session.connection()
    values = {f"{name}_": value for name, value in wanted.items()}
    found: dict[tuple[str, ...], list[int]] = {}
    for stretch in stretches(_to_the_end(session, report, window)):
        span = {"span_": stretch.span.value, "first_": stretch.first, "last_": stretch.last}
        for row in connection.execute(statement, values | span).all():
            group, more = group_of(dict(zip(keys, row, strict=False))), map(int, row[len(keys) :])
            found[group] = list(map(add, found[group], more)) if group in found else list(more)
    return found


def _keys(report: Rollup[Any], by: tuple[str, ...], wanted: Mapping[str, str]) -> tuple[str, ...]:
    """What to group by in SQL: the day for the month, and of the dimensions those that are not told already.

    The first dimension alone comes with the day in any case: as they begin the table's key, SQLite sums while it reads,
    where it would sort all the rows before, which takes as long again.
    """
    dims = [name for name in by if name != MONTH and name not in wanted]
    in_order = dims == [report.dims[0]]
    return (DAY, *dims) if in_order or MONTH in by else tuple(dims)


def _group_of(by: tuple[str, ...], wanted: Mapping[str, str]) -> Callable[[dict[str, Any]], tuple[str, ...]]:
    """From what a row is grouped by to what was asked for."""

    def value(name: str, row: dict[str, Any]) -> str:
        if name == MONTH:
            return str(row[DAY])[:7]
        return wanted[name] if name in wanted else row[name]

    return lambda row: tuple([value(name, row) for name in by])


@cache  # building a statement takes longer than running it
def _sums(
    report: Rollup[Any], keys: tuple[str, ...], filtered: tuple[str, ...], sums: tuple[str, ...]
) -> Select[Any]:
    columns = report.table.c
    told = [columns[name] for name in keys]
    query = select(*told, *(func.sum(columns[name]) for name in sums)).where(
        columns.span == bindparam("span_"),
        columns.day.between(bindparam("first_"), bindparam("last_")),
        *(columns[name] == bindparam(f"{name}_") for name in filtered),
    )
    return query.group_by(*told) if keys else query.having(func.count() > 0)


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
