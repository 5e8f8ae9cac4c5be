"""The register of plain notices, counted. It names no customer: its own writers mark the days."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.expiring.models import ExpiryNotice
from app.expiring.states import LeftOut
from app.stats.rollups.report import Key, Rollup, as_day, day_of, day_table
from app.stats.rules import Window

DIMS = ("result", "reason")


@dataclass(frozen=True, slots=True)
class NoticeFigures:
    """Counts of notices that a plain rule would send."""

    notices: int = 0

    def __add__(self, other: NoticeFigures) -> NoticeFigures:
        return NoticeFigures(self.notices + other.notices)


def raw(session: Session, window: Window) -> dict[Key, NoticeFigures]:
    """Plain notices of a time by day, result and reason; one without a reason counts as skipped."""
    day = day_of(session, ExpiryNotice.plain_at).label("by_day")
    reason = func.coalesce(ExpiryNotice.reason, LeftOut.SKIPPED.value).label("by_reason")
    query = (
        select(day, ExpiryNotice.result, reason, func.count())
        .where(ExpiryNotice.plain_at >= window.begins_at, ExpiryNotice.plain_at < window.ends_at)
        .group_by("by_day", ExpiryNotice.result, "by_reason")
    )
    return {(as_day(row[0]), row[1], row[2]): NoticeFigures(row[3]) for row in session.execute(query)}


NOTICES = Rollup(
    name="notice",
    dims=DIMS,
    figures=NoticeFigures,
    raw=raw,
    stands_on=ExpiryNotice.plain_at,
    customer=None,
    told_by=frozenset({ExpiryNotice.__tablename__}),
    model=day_table("notice", DIMS, NoticeFigures),
)
