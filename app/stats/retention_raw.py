"""Tenures as sums of days: who joined, and who left by the month in which they had joined."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from app.stats.retention_rules import Joins, Leaves, RetentionFigures
from app.stats.rollups.report import UNKNOWN_DIMENSION, Key, Rollup, as_day, day_of, day_table
from app.stats.rules import Window
from app.stats.tenures_keeping import TenureKeeper
from app.stats.tenures_models import TenureRow

TOTAL = "total"
DIMS = ("joined_month", "plan", "term", "currency")


def _dimensions(session: Session) -> list[ColumnElement[Any]]:
    return [
        func.substr(day_of(session, TenureRow.began_at), 1, 7).label("joined_month"),
        func.coalesce(TenureRow.price_id, UNKNOWN_DIMENSION).label("plan"),
        func.coalesce(TenureRow.term, UNKNOWN_DIMENSION).label("term"),
        func.coalesce(TenureRow.currency, UNKNOWN_DIMENSION).label("currency"),
    ]


def _count(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.sum(case((condition, 1), else_=0))


_WHY = (
    TenureRow.involuntary.is_(False),
    TenureRow.involuntary.is_(True),
    TenureRow.structural.is_(True),
    TenureRow.structural.is_(False),
)
"""The columns of `Leaves`, in its order."""


def joined(session: Session, window: Window) -> dict[Key, Joins]:
    """Tenures that began within a time, by day and dimensions."""
    return {key: Joins(*counts) for key, counts in _sums(session, window, TenureRow.began_at, [func.count()])}


def left(session: Session, window: Window) -> dict[Key, Leaves]:
    """Tenures that ended within a time, by day and dimensions."""
    sums = [_count(condition) for condition in _WHY]
    return {key: Leaves(*counts) for key, counts in _sums(session, window, TenureRow.ended_at, sums)}


def _sums(
    session: Session, window: Window, at: Any, sums: Sequence[ColumnElement[Any]]
) -> Iterator[tuple[Key, list[int]]]:
    query = (
        select(day_of(session, at).label("day"), *_dimensions(session), *sums)
        .where(at >= window.begins_at, at < window.ends_at)
        .group_by("day", *DIMS)
    )
    width = 1 + len(DIMS)
    for row in session.execute(query):
        yield (as_day(row[0]), *row[1:width]), list(map(int, row[width:]))


def between(
    session: Session, window: Window, *, currency: str | None = None, by: Any = None
) -> dict[str, RetentionFigures]:
    """The figures of a time that begins or ends within a month, out of the tenures themselves.

    `by`: a column of tenures; without one the only key is `total`.
    """
    start, end = window.begins_at, window.ends_at
    began, ended = TenureRow.began_at, TenureRow.ended_at
    at_start = and_(began < start, or_(ended.is_(None), ended >= start))
    gone = and_(began < start, ended >= start, ended < end)
    joins = and_(began >= start, began < end)
    stays = and_(joins, or_(ended.is_(None), ended >= end))
    conditions = [at_start, *(and_(gone, why) for why in _WHY), joins, stays]
    query = select(*(_count(c) for c in conditions)).where(began < end)
    if currency is not None:
        query = query.where(TenureRow.currency == currency)
    if by is None:
        sums = session.execute(query).one()
        return {TOTAL: RetentionFigures(*(int(n or 0) for n in sums))}
    key = func.coalesce(by, UNKNOWN_DIMENSION).label("grouped_by")
    rows = session.execute(query.add_columns(key).group_by("grouped_by"))
    return {row[-1]: RetentionFigures(*map(int, row[:-1])) for row in rows}


_TOLD_BY = frozenset({TenureRow.__tablename__})

JOINED = Rollup(
    name="joined",
    dims=DIMS,
    figures=Joins,
    raw=joined,
    stands_on=TenureRow.began_at,
    customer=TenureRow.customer_id,
    told_by=_TOLD_BY,
    model=day_table("joined", DIMS, Joins),
    follower=TenureKeeper(),
)
LEFT = Rollup(
    name="left",
    dims=DIMS,
    figures=Leaves,
    raw=left,
    stands_on=TenureRow.ended_at,
    customer=TenureRow.customer_id,
    told_by=_TOLD_BY,
    model=day_table("left", DIMS, Leaves),
)
