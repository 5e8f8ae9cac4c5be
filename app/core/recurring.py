"""Work that comes up every so often, for whichever worker comes first; its last time is in the installation's row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Table, or_, update
from sqlalchemy.orm import Session

from app.core.gates import Installation, Registered

NEVER_YET = datetime(1970, 1, 1, tzinfo=UTC)
_TABLE = cast(Table, Installation.__table__)


@dataclass(frozen=True, slots=True)
class Recurring:
    """`column` of the installation: when it was done last, business time."""

    column: str
    every: timedelta = timedelta(days=1)

    def next_at(self, here: Registered | None) -> datetime | None:
        """When to do it again; None before the first start."""
        if here is None:
            return None
        last: datetime | None = getattr(here, self.column)
        return last + self.every if last else NEVER_YET

    def is_due(self, here: Registered | None, now: datetime) -> bool:
        at = self.next_at(here)
        return at is not None and at <= now

    def claim(self, session: Session, now: datetime) -> bool:
        """Take this time's work for this worker; False if another has it, or it is not time."""
        last = _TABLE.c[self.column]
        mine = update(_TABLE).where(_TABLE.c.id == 1, or_(last.is_(None), last <= now - self.every))
        return bool(cast(CursorResult[Any], session.execute(mine.values({self.column: now}))).rowcount)
