"""Computing days anew: a look at the rows, then a short transaction that puts the sums in their place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.core.db import Database
from app.stats.months import first_of, last_of
from app.stats.rollups.report import Key, Rollup, RollupState
from app.stats.rollups.spans import Span, months_of, whole_months
from app.stats.rules import Window

CUSTOMERS = 2000  # of one question


def days_of(session: Session, report: Rollup[Any], customer_ids: Collection[str]) -> set[date]:
    """The days on which units of these customers stand."""
    found, wanted = set[date](), sorted(customer_ids)
    if report.customer is None:
        return found
    for start in range(0, len(wanted), CUSTOMERS):
        mine = report.customer.in_(wanted[start : start + CUSTOMERS])
        query = select(report.stands_on).where(mine, report.stands_on.is_not(None), *report.only)
        found |= {at.date() for at in session.scalars(query)}
    return found


def refresh(db: Database, report: Rollup[Any], days: Collection[date]) -> None:
    """Compute these days anew, month by month."""
    for runs in months_of(days):
        replace_month(db, report, runs)


def rebuild(db: Database, report: Rollup[Any], told: Callable[[int, int], None] | None = None) -> None:
    """Compute every day anew; `told(done, all)` after each month. Days that no unit stands on any more go."""
    if report.follower:
        report.follower.follow_all(db)
    with db.read() as session:
        bounds = _bounds(session, report)
    months = whole_months(*bounds) if bounds else []
    for done, runs in enumerate(months, start=1):
        replace_month(db, report, runs)
        if told:
            told(done, len(months))


def _bounds(session: Session, report: Rollup[Any]) -> tuple[date, date] | None:
    """The first and last day on which a unit or a row stands."""
    at, day = report.stands_on, report.table.c.day
    units = session.execute(select(func.min(at), func.max(at)).where(*report.only)).one()
    rows = session.execute(
        select(func.min(day), func.max(day)).where(report.table.c.span == Span.DAY.value)
    ).one()
    firsts = [d for d in (units[0] and units[0].date(), rows[0]) if d]
    lasts = [d for d in (units[1] and units[1].date(), rows[1]) if d]
    return (min(firsts), max(lasts)) if firsts else None


def replace_month(db: Database, report: Rollup[Any], runs: Sequence[Window]) -> None:
    """Compute runs of days of one month anew. Whoever wrote this report since we looked has us look again."""
    while True:
        with db.read() as session:
            turn = session.scalar(select(RollupState.turn).where(RollupState.report == report.name))
            sums = [item for run in runs for item in report.raw(session, run).items()]
        with db.write() as session:
            if _take_turn(session, report.name, turn):
                _put(session, report, runs, sums)
                return


def _take_turn(session: Session, name: str, turn: int | None) -> bool:
    if turn is None:  # the first writing of all
        session.execute(_insert_of(session)(RollupState).values(report=name, turn=0).on_conflict_do_nothing())
    seen = RollupState.turn == (turn or 0)
    taken = update(RollupState).where(RollupState.report == name, seen).values(turn=(turn or 0) + 1)
    result = session.execute(taken.execution_options(synchronize_session=False))
    return bool(cast(CursorResult[Any], result).rowcount)


def _insert_of(session: Session) -> Any:
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert


def _put(
    session: Session, report: Rollup[Any], runs: Sequence[Window], sums: Sequence[tuple[Key, Any]]
) -> None:
    table, connection = report.table, session.connection()
    for run in runs:
        old = delete(table).where(table.c.span == Span.DAY.value, table.c.day.between(run.first, run.last))
        connection.execute(old)
    names = ("day", *report.dims)
    rows = [
        {
            "span": Span.DAY.value,
            **dict(zip(names, key, strict=True)),
            **{n: getattr(f, n) for n in report.sums},
        }
        for key, f in sums
    ]
    if rows:
        connection.execute(insert(table), rows)
    _sum_up(session, report, first_of(runs[0].first))


def _sum_up(session: Session, report: Rollup[Any], month: date) -> None:
    """The month's rows, out of its days'."""
    table, connection = report.table, session.connection()
    connection.execute(delete(table).where(table.c.span == Span.MONTH.value, table.c.day == month))
    dims = [table.c[name] for name in report.dims]
    span, day = literal(Span.MONTH.value), literal(month, table.c.day.type)
    sums = [func.sum(table.c[name]) for name in report.sums]
    days = select(span, day, *dims, *sums).where(
        table.c.span == Span.DAY.value, table.c.day.between(month, last_of(month))
    )
    names = ("span", "day", *report.dims, *report.sums)
    connection.execute(insert(table).from_select(names, days.group_by(*dims)))
