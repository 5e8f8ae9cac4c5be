"""The worker's part: ask the address on file, and hand over to a person what stays unanswered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cancellation.declarations import WAITING, Declaration, DeclarationKind, DeclarationState
from app.cancellation.declarations_desk import hand_over
from app.cancellation.declarations_mails import CancelLinks, ask_to_confirm
from app.cancellation.declarations_matching import Match, match
from app.contacts.rules.policy import Terms
from app.core.clock import Clock
from app.core.db import Database
from app.core.waiting import waiting

log = structlog.get_logger()

BATCH = 50
ANSWER_WITHIN = timedelta(hours=24)
MOST_MAILS = 3
"""So many times in 24 hours a customer is asked: a stranger must not be able to fill their mailbox."""
SET_ASIDE = timedelta(minutes=15)

UNMATCHED = "No contract that runs could be found by what was declared."
UNANSWERED = "The customer was asked to confirm it by mail, and has not answered within 24 hours."

LOOKS = waiting(Declaration.look_at, WAITING)


@dataclass(frozen=True)
class DeclarationWatch:
    """What a worker needs to see to declarations."""

    db: Database
    clock: Clock
    terms: Terms
    links: CancelLinks

    def run(self) -> int:
        """See to one batch; returns how many."""
        now = self.clock()
        with self.db.write() as session:
            query = select(Declaration).where(WAITING, Declaration.look_at <= now)
            query = query.order_by(Declaration.look_at, Declaration.id).limit(BATCH)
            rows = list(session.scalars(query.with_for_update(skip_locked=True)))
            for row in rows:
                self._see_to(session, row, now)
        return len(rows)

    def _see_to(self, session: Session, row: Declaration, now: datetime) -> None:
        try:
            with session.begin_nested():
                self._decide(session, row, now)
        except Exception:  # it must not keep the others waiting
            log.exception("declaration.failed", declaration=row.id)
            session.refresh(row)
            row.look_at = now + SET_ASIDE

    def _decide(self, session: Session, row: Declaration, now: datetime) -> None:
        if row.state == DeclarationState.ASKED:
            hand_over(session, row, why=UNANSWERED, now=now)
            return
        found = match(session, row.content)
        if found is None:
            hand_over(session, row, why=UNMATCHED, now=now)
            return
        self._ask(session, row, found, now)

    def _ask(self, session: Session, row: Declaration, found: Match, now: datetime) -> None:
        row.customer_id = found.customer.id
        row.subscription_id = found.contracts[0].id if len(found.contracts) == 1 else None
        row.state, row.look_at = DeclarationState.ASKED, row.received_at + ANSWER_WITHIN
        if _asked_lately(session, row, now) < MOST_MAILS:
            ask_to_confirm(session, row, found, self.links, self.terms, now=now)


def _asked_lately(session: Session, row: Declaration, now: datetime) -> int:
    query = select(func.count()).where(
        Declaration.customer_id == row.customer_id,
        Declaration.kind == DeclarationKind.CANCELLATION,
        Declaration.id != row.id,
        Declaration.received_at > now - ANSWER_WITHIN,
    )
    return session.scalar(query) or 0
