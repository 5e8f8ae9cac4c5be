"""Who would be invited today, and who not and why: the daily look without its consequences. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.db import Database
from app.winback import repository
from app.winback.enrolling import Room, room_today, verdicts
from app.winback.mails import Setup
from app.winback.models import Lapse
from app.winback.rules.enrolment import Left

PAGE = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One lapse. `reason` and `why` are None for who would be enrolled."""

    subscription: str
    customer: str
    kind: str
    ends_at: datetime
    reason: str | None
    why: str | None


def today(db: Database, setup: Setup, *, now: datetime) -> Iterator[Line]:
    """Every lapse that has no sequence yet, the newest end first, with what the next look would say of it.

    Who is left out for good is listed with the reason that was written down.
    """
    after: tuple[datetime, str] | None = None
    with db.read() as session:
        room = room_today(session, setup)
    taken: set[str] = set()
    while True:
        with db.read() as session:
            rows = repository.without_sequence(session, after, PAGE)
            yield from _lines(session, rows, setup, room, taken, now)
        if len(rows) < PAGE:
            return
        after = (rows[-1].ends_at, rows[-1].id)


def _lines(
    session: Session, rows: list[Lapse], setup: Setup, room: Room, taken: set[str], now: datetime
) -> Iterator[Line]:
    decided = [r for r in rows if r.look_at is None and r.left_out]
    looked_at = [r for r in rows if r not in decided]
    found: dict[str, Left | None] = {
        row.id: why for row, _, why in verdicts(session, looked_at, setup, room, taken, now=now)
    }
    for row in rows:
        why = found.get(row.id)
        reason, words = (row.left_out, row.why) if row in decided else (None, None)
        if why is not None:
            reason, words = why.reason.value, why.why
        yield Line(row.id, row.customer_id, row.kind, row.ends_at, reason, words)
