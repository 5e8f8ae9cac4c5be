"""The worker's hand that keeps the roll-ups: marks in, days computed anew, marks gone.

A crash in between leaves the marks, and the same days are computed once more. A mark is only deleted after every
report has looked at rows that it was written with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.orm import Session

from app.core import gates
from app.core.clock import Clock
from app.core.db import Database
from app.core.marks import EVERYTHING, FigureMark
from app.core.recurring import Recurring
from app.stats import names
from app.stats.rollups.registry import REPORTS
from app.stats.rollups.report import Rollup, RollupState
from app.stats.rollups.writing import days_of, rebuild, refresh

KEEPING = Recurring("figures_kept_at", timedelta(minutes=15))
AT_ONCE = 100_000
"""Marks of one turn."""
DELETED_AT_ONCE = 5_000

Mark = Row[int, str, str, date | None]


@dataclass
class FigureKeeper:
    """Every quarter of an hour of business time in which something has changed, by whichever worker comes first."""

    db: Database
    clock: Clock
    reports: Sequence[Rollup[Any]] = REPORTS

    def look(self) -> None:
        """Keep them if it is time to."""
        now = self.clock()
        with self.db.read() as session:
            due = self.is_due(session, now)
        if due:
            self.run()

    def is_due(self, session: Session, now: datetime) -> bool:
        if not KEEPING.is_due(gates.registered(session), now):
            return False
        return _any_mark(session) or len(_built(session)) < len(self.reports)

    def run(self) -> None:
        """Bring the figures up to date, unless another worker has begun to."""
        now = self.clock()
        with self.db.write() as session:
            mine = KEEPING.claim(session, now)
        if mine:
            self.refresh()

    def refresh(self) -> None:
        """Bring the figures up to date now."""
        with self.db.read() as session:
            built = _built(session)
        for report in self.reports:
            if report.name not in built:
                self.rebuild(report)
        while True:
            self._follow()
            with self.db.read() as session:
                marks = _marks(session)
            self._keep(marks)
            self._forget([mark.id for mark in marks])
            if len(marks) < AT_ONCE:
                break
        names.learn(self.db, self.reports)

    def rebuild(self, report: Rollup[Any], told: Callable[[int, int], None] | None = None) -> None:
        """Compute every day of a report anew; `told(done, all)` after each month."""
        rebuild(self.db, report, told)
        names.learn(self.db, [report], anew=True)
        with self.db.write() as session:
            row = session.get(RollupState, report.name) or RollupState(report=report.name)
            row.built_at = self.clock()
            session.add(row)

    def _follow(self) -> None:
        """Rows that are made of others come before the figures that are made of them; they leave marks, too."""
        with self.db.read() as session:
            marks = _marks(session)
        for follower in (r.follower for r in self.reports if r.follower):
            mine = {m.customer_id for m in marks if m.what in follower.told_by or m.what == EVERYTHING}
            follower.follow(self.db, mine)

    def _keep(self, marks: Sequence[Mark]) -> None:
        """All reports; one that fails keeps the marks from being deleted, and no other report from being kept."""
        failed: list[Exception] = []
        for report in self.reports:
            try:
                with self.db.read() as session:
                    days = _days(session, report, marks)
                refresh(self.db, report, days)
            except Exception as error:
                failed.append(error)
        if failed:
            raise ExceptionGroup("figures could not be kept", failed)

    def _forget(self, ids: Sequence[int]) -> None:
        """By their ids: one with a smaller id may only be committed by now, and has not been looked at."""
        for start in range(0, len(ids), DELETED_AT_ONCE):
            with self.db.write() as session:
                session.execute(
                    delete(FigureMark)
                    .where(FigureMark.id.in_(ids[start : start + DELETED_AT_ONCE]))
                    .execution_options(synchronize_session=False)
                )


def _any_mark(session: Session) -> bool:
    return session.execute(select(FigureMark.id).limit(1)).first() is not None


def _built(session: Session) -> set[str]:
    return set(session.scalars(select(RollupState.report).where(RollupState.built_at.is_not(None))))


def _marks(session: Session) -> Sequence[Mark]:
    columns = (FigureMark.id, FigureMark.what, FigureMark.customer_id, FigureMark.day)
    return session.execute(select(*columns).order_by(FigureMark.id).limit(AT_ONCE)).all()


def _days(session: Session, report: Rollup[Any], marks: Sequence[Mark]) -> set[date]:
    """The days that marks of the own table tell, and those on which units of the other marks' customers stand."""
    mine = [m for m in marks if m.what in report.told_by or m.what == EVERYTHING]
    unit = report.stands_on.class_
    told = {m.day for m in mine if m.what == unit.__tablename__ and m.day is not None}
    enough = report.alone and unit.counted_on == report.stands_on.key
    asked = {m.customer_id for m in mine if not (enough and m.what == unit.__tablename__)}
    return told | days_of(session, report, asked)
