"""The daily look at lapsed subscribers: no event tells that a day has come.

Page by page, each its own transaction: open sequences of who is back are ended, lapses are enrolled or left out, and
those who returned are asked after. The first look of all also makes the lapses of subscriptions that ended before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import CustomerState
from app.core import gates
from app.core.clock import Clock
from app.core.db import Database
from app.core.gates import Registered
from app.core.recurring import NEVER_YET
from app.winback import lapsing, repository
from app.winback.enrolling import Room, enrol, room_today
from app.winback.mails import Setup
from app.winback.models import Lapse
from app.winback.reacting import follow_lives, settle_all

log = structlog.get_logger()

PAGE = 500


@dataclass
class WinbackScan:
    """Once a business day, by whichever worker comes first."""

    db: Database
    clock: Clock
    setup: Setup

    while_paused = False

    def is_due(self, session: Session, here: Registered | None, now: datetime) -> bool:
        return self.setup.winback.enabled and repository.SCAN.is_due(here, now)

    def next_due(self, session: Session, here: Registered | None, after: datetime) -> datetime | None:
        """When the next look is worth waking up for; None where it would change nothing."""
        at = repository.SCAN.next_at(here)
        if at is None or not self.setup.winback.enabled:
            return None
        if at == NEVER_YET:
            return at if repository.any_left(session) else None
        return repository.next_work(session, at)

    def run(self) -> int:
        """Look at everybody who has lapsed; 1, or 0 if another worker does."""
        now = self.clock()
        with self.db.write() as session:
            first = repository.SCAN.next_at(gates.registered(session)) == NEVER_YET
            if not repository.SCAN.claim(session, now):
                return 0
        if first:
            self._make_lapses(now)
        self._settle_open(now)
        self._enrol(now)
        self._follow_lives(now)
        return 1

    def _make_lapses(self, now: datetime) -> None:
        after = ""
        while True:
            with self.db.write() as session, session.no_autoflush:
                ids = repository.customers_that_left(session, after, PAGE)
                lapsing.follow(session, ids, now=now)
            if len(ids) < PAGE:
                return
            after = ids[-1]

    def _settle_open(self, now: datetime) -> None:
        after = ""
        while True:
            with self.db.write() as session, session.no_autoflush:
                cases = repository.open_cases(session, after, PAGE)
                settle_all(session, cases, self.setup, now)
            if len(cases) < PAGE:
                return
            after = cases[-1].id

    def _enrol(self, now: datetime) -> None:
        with self.db.read() as session:
            room = room_today(session, self.setup)
        taken: set[str] = set()
        after: tuple[datetime, str] | None = None
        while True:
            with self.db.read() as session:
                page = [(row.ends_at, row.id) for row in repository.to_look_at(session, now, after, PAGE)]
            if page:
                self._look_at([key for _, key in page], room, taken, now)
                after = page[-1]
            if len(page) < PAGE:
                return

    def _look_at(self, ids: list[str], room: Room, taken: set[str], now: datetime) -> None:
        """One transaction; if one of them is poison, one each, so that the others are looked at."""
        left, before = room.left, set(taken)
        try:
            with self.db.write() as session:
                rows = sorted(repository.lapses(session, ids).values(), key=_newest_first)
                # Held as a batch of events holds them, so that nothing changes between decision and case.
                known = billing.load(session, CustomerState, {r.customer_id for r in rows})
                billing.lock_customers(session, known.values())
                with session.no_autoflush:
                    enrol(session, rows, self.setup, room, taken, now=now)
        except Exception:
            room.left = left
            taken &= before
            log.exception("winback.look_failed", lapses=len(ids))
            if len(ids) > 1:
                for key in ids:
                    self._look_at([key], room, taken, now)

    def _follow_lives(self, now: datetime) -> None:
        after = ""
        while True:
            with self.db.write() as session:
                rows = repository.second_lives(session, after, PAGE)
                follow_lives(session, rows, now=now)
            if len(rows) < PAGE:
                return
            after = rows[-1].id


def _newest_first(row: Lapse) -> tuple[float, str]:
    return -row.ends_at.timestamp(), row.id
