"""A clock in the database, shared by all processes: stands still, is set or advanced, or runs on.

It never goes back. Reading it opens no transaction of the caller's, so it is read before one begins.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import real_now
from app.core.db import Base, Database
from app.core.errors import Conflict


class TestClockRow(Base):
    """One row. `running_since`: the real time from which on it runs, None while it stands still."""

    __tablename__ = "test_clock"
    __test__ = False

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    running_since: Mapped[datetime | None]


_SHOWN = select(TestClockRow.at, TestClockRow.running_since)


class TestClock:
    """Business time from the database."""

    __test__ = False

    def __init__(self, db: Database) -> None:
        self._db = db

    def __call__(self) -> datetime:
        with self._db.look() as connection:
            row = connection.execute(_SHOWN).first()
        if row is None:
            return real_now()
        return _shown(*row)

    def set(self, at: datetime, *, run: bool = False) -> None:
        """Stand still at an instant, or run on from it; raises Conflict on a step back."""
        with self._db.write() as session:
            row = session.get(TestClockRow, 1, with_for_update=True)
            now = _shown(row.at, row.running_since) if row is not None else at
            if at < now:
                raise Conflict(f"the test clock shows {now.isoformat()} and never goes back")
            if row is None:
                row = TestClockRow(id=1, at=at, running_since=None)
                session.add(row)
            row.at, row.running_since = at, real_now() if run else None


def _shown(at: datetime, running_since: datetime | None) -> datetime:
    return at if running_since is None else at + (real_now() - running_since)
