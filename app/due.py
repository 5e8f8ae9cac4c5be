"""What wants doing now, and when next: one look at everything, whoever then does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy import or_
from sqlalchemy.orm import Session

from app.cancellation import declarations_due as declarations
from app.cases import repository as cases
from app.core import gates
from app.core.clock import real_now
from app.core.db import Database
from app.core.gates import Registered
from app.core.waiting import Queues
from app.hooks import repository as hooks
from app.inbound import repository as inbound
from app.offers import repository as grants
from app.outbox import repository as outbox
from app.outbox.models import Action, Mail

ACTION_BATCH = 20
MAIL_BATCH = 50
HOOK_BATCH = 100


class Watch(Protocol):
    """Work that no row waits for: it comes up every so often."""

    while_paused: bool
    """Whether it goes on while campaigns are paused."""

    def is_due(self, session: Session, here: Registered | None, now: datetime) -> bool: ...

    def next_due(self, session: Session, here: Registered | None, after: datetime) -> datetime | None:
        """When it is worth waking up for; may be past."""
        ...

    def run(self) -> int:
        """Do it; how much was done."""
        ...


@dataclass
class Due:
    """What wants doing now; `lost`: a worker has died on the way with a mail, an action or a message."""

    lost: bool = False
    events: bool = False
    declarations: bool = False
    steps: bool = False
    grants: bool = False
    actions: Sequence[str] = ()
    mails: Sequence[str] = ()
    hooks: Sequence[tuple[str, str]] = ()
    watches: list[Watch] = field(default_factory=list)


class Look:
    """The looks of one worker. `mails`: how many are sent in one turn."""

    def __init__(self, db: Database, watches: Sequence[Watch] = (), *, mails: int = MAIL_BATCH) -> None:
        self._db, self._watches, self._mails = db, watches, mails
        self._queues = Queues(
            {
                "events": inbound.waiting_events(db.is_sqlite),
                "steps": cases.STEPS,
                "holds": cases.HOLDS,
                "actions": outbox.QUEUED[Action],
                "mails": outbox.QUEUED[Mail],
                "hooks": hooks.READY,
                "grants": grants.LOOKS,
                "declarations": declarations.LOOKS,
            },
            lost=or_(outbox.LOST, hooks.LOST),
        )

    def due(self, now: datetime) -> Due:
        """While campaigns are paused, only events count, and what answers customers."""
        with self._db.read() as session:
            here = gates.registered(session)
            waits = self._queues.due(session, now, real_now=real_now())
            # The law's time for a declaration runs while sending is paused, too.
            due = Due(lost="lost" in waits, events="events" in waits, declarations="declarations" in waits)
            paused = gates.why_paused(here) is not None
            due.watches = [
                watch
                for watch in self._watches
                if (watch.while_paused or not paused) and watch.is_due(session, here, now)
            ]
            if not paused:
                due.steps = bool(waits & {"steps", "holds"})
                due.grants = "grants" in waits
            if gates.why_paused(here, own_wish=True) is None:
                if "actions" in waits:
                    due.actions = outbox.due_ids(session, Action, now, ACTION_BATCH, own_wishes=paused)
                if "mails" in waits:
                    due.mails = outbox.due_ids(session, Mail, now, self._mails, own_wishes=paused)
                if "hooks" in waits:
                    due.hooks = hooks.due(session, now, HOOK_BATCH)
        return due

    def next_due(self, after: datetime) -> datetime | None:
        """The next business time after `after` at which there is work."""
        with self._db.read() as session:
            here = gates.registered(session)
            times = [self._queues.next_due(session, after)]
            times += [watch.next_due(session, here, after) for watch in self._watches]
        return min((at for at in times if at is not None and at > after), default=None)
