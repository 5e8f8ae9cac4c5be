"""The daily look of the worker. Its statistics are loaded on the first one, and by no other process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.clock import Clock
from app.core.db import Database
from app.core.gates import Registered
from app.proof import repository
from app.proof.gathering.drawn import drawn_kinds


@dataclass
class ProofWatch:
    """Once a business day, by whichever worker comes first, also where nobody is held out: lives go on."""

    db: Database
    clock: Clock

    while_paused = True

    def is_due(self, session: Session, here: Registered | None, now: datetime) -> bool:
        return repository.LOOK.is_due(here, now) and repository.any_case(session)

    def next_due(self, session: Session, here: Registered | None, after: datetime) -> datetime | None:
        """When the next look is worth waking up for; None where nobody could be held out, so nothing can be proven."""
        return repository.LOOK.next_at(here) if drawn_kinds(session) else None

    def run(self) -> int:
        """Look at every experiment; 1, or 0 if another worker does."""
        from app.proof import looking, recording, survivals

        now = self.clock()
        with self.db.write() as session:
            if not repository.LOOK.claim(session, now):
                return 0
        with self.db.read() as session:
            looked, guarded = looking.look_at_all(session, now)
            curves = survivals.curves(session, now)
        with self.db.write() as session:
            recording.record(session, looked, guarded, now=now)
            survivals.keep(session, curves, now=now)
        return 1
