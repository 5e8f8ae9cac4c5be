"""The daily look at cards near their end: no event tells that time has passed.

First our own rows, page by page: cases open and close, and the register of plain notices follows. Then the
provider: cards that are soon written about, and cards that are charged but that we have never seen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.ports import ProviderReads
from app.billing.projection.order import UNSEEN_AT
from app.billing.states import CustomerState, PaymentMethodState
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import ProviderError
from app.core.gates import Registered
from app.expiring import register, repository
from app.expiring.desk import open_desks, watched_of
from app.expiring.mails import Setup
from app.expiring.repository import LONGEST_PERIOD_MONTHS
from app.expiring.service import look_at

log = structlog.get_logger()

PAGE = 500
MOST_READS = 1000
"""Readings a day of either kind: twice 40 seconds at the pace of a test key."""

LIVE = "reclaim.live"

StoreLive = Callable[[dict[str, Any], str, datetime], bool]
"""Stores an object that we have read as an event, `(object, type, at)`."""


@dataclass
class CardScan:
    """Once a business day, by whichever worker comes first."""

    db: Database
    clock: Clock
    setup: Setup
    reads: ProviderReads | None
    store_live: StoreLive

    while_paused = False

    def is_due(self, session: Session, here: Registered | None, now: datetime) -> bool:
        return self.setup.expiring.enabled and repository.SCAN.is_due(here, now)

    def next_due(self, session: Session, here: Registered | None, after: datetime) -> datetime | None:
        """When the next look is worth waking up for; None where no card is near its end."""
        at = repository.SCAN.next_at(here)
        if at is None or not self.setup.expiring.enabled:
            return None
        return at if repository.ending_cards(session, *self._months(at), None, 1) else None

    def run(self) -> int:
        """Look at every card near its end; 1, or 0 if another worker does."""
        now = self.clock()
        with self.db.write() as session:
            if not repository.SCAN.claim(session, now):
                return 0
        after: tuple[int, int, str] | None = None
        while True:
            with self.db.read() as session:
                rows = repository.ending_cards(session, *self._months(now), after, PAGE)
            self._look_at_all({row.customer_id for row in rows}, now)
            if len(rows) < PAGE:
                break
            after = (rows[-1].exp_year, rows[-1].exp_month, rows[-1].id)
        self._decide_notices(now)
        self._read_again(now)
        return 1

    def _months(self, now: datetime) -> tuple[datetime, datetime]:
        ahead = max(self.setup.expiring.lead_days, max(register.PLAIN_STAGES) + 7) + 1
        return now - timedelta(days=31 * LONGEST_PERIOD_MONTHS), now + timedelta(days=ahead)

    def _decide_notices(self, now: datetime) -> None:
        with self.db.read() as session:
            if not repository.pending(session, now, 1):
                return
        with self.db.write() as session:
            while register.decide(session, self.setup, now=now, limit=PAGE) == PAGE:
                session.flush()

    def _look_at_all(self, customer_ids: Collection[str], now: datetime) -> None:
        """One transaction; if one of them is poison, one each, so that the others are looked at."""
        if not customer_ids:
            return
        try:
            with self.db.write() as session:
                self._look(session, customer_ids, now)
        except Exception:
            log.exception("expiring.look_failed", customers=len(customer_ids))
            if len(customer_ids) > 1:
                for customer_id in sorted(customer_ids):
                    self._look_at_all([customer_id], now)

    def _look(self, session: Session, customer_ids: Collection[str], now: datetime) -> None:
        # Held as a batch of events holds them, so that the two never open a case for one customer at once.
        billing.lock_customers(session, [CustomerState(c, UNSEEN_AT, False) for c in customer_ids])
        with session.no_autoflush:
            desks = open_desks(session, customer_ids, self.setup, now=now)
            for desk in desks:
                look_at(desk)
            register.enter(session, desks, now=now)

    def _read_again(self, now: datetime) -> None:
        """Readings that tell something new re-enter as events, by the front door."""
        if self.reads is None:
            return
        with self.db.read() as session:
            soon_told, never_seen = self._soon_told(session, now), self._never_seen(session)
        try:
            for method_id in soon_told:
                obj = self.reads.fetch("payment_method", method_id)
                if obj is not None and self._is_news(method_id, obj):
                    self.store_live(obj, LIVE, now)
            for kind, object_id in never_seen:
                obj = self.reads.fetch(kind, object_id)
                if obj is not None:
                    self.store_live(obj, LIVE, now)
        except ProviderError as error:  # tomorrow again; before a mail leaves its card is read all the same
            log.warning("expiring.not_read", error=str(error))

    def _soon_told(self, session: Session, now: datetime) -> list[str]:
        """Cards of cases that have a notice, or their end, within the time of a reading."""
        until = now + timedelta(hours=self.setup.expiring.recheck_hours)
        cases = repository.soon_told(session, until, MOST_READS)
        return list(dict.fromkeys(w.method_id for case in cases for w in watched_of(case)))[:MOST_READS]

    def _is_news(self, method_id: str, obj: dict[str, Any]) -> bool:
        with self.db.read() as session:
            known = billing.load(session, PaymentMethodState, [method_id]).get(method_id)
        card = obj.get("card") or {}
        dates = (card.get("exp_year"), card.get("exp_month"))
        return known is None or dates != (known.exp_year, known.exp_month)

    def _never_seen(self, session: Session) -> list[tuple[str, str]]:
        """What will be charged, or whoever will be, of which no event has told us since we watch."""
        found: dict[tuple[str, str], None] = {}
        after = ""
        while len(found) < MOST_READS:
            page = repository.charged_methods(session, after, PAGE)
            wanted = {row.method for row in page if row.method}
            known = billing.load(session, PaymentMethodState, wanted)
            found |= {("payment_method", m): None for m in sorted(wanted - set(known))}
            # Somebody is charged without a card that we know: perhaps two events of one second hid it.
            strangers = {row.customer for row in page if not row.method and not row.seen_live}
            found |= {("customer", c): None for c in sorted(strangers)}
            if len(page) < PAGE:
                break
            after = page[-1].id
        return list(found)[:MOST_READS]
