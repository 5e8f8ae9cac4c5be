"""The last look before a mail: at the provider, and at the mail's own campaign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app import pipeline
from app.billing.live import Live, live_of
from app.billing.ports import ObjectTranslator, ProviderReads
from app.core.clock import Clock
from app.core.db import Database
from app.outbox.models import Mail
from app.outbox.ports import Stop


@dataclass
class LiveGuard:
    """Asks the provider before a mail, and the mail's own campaign within the transaction."""

    db: Database
    setup: pipeline.Setup
    clock: Clock
    reads: ProviderReads | None
    translate_object: ObjectTranslator

    def look(self, mail_ids: Sequence[str]) -> Live:
        if self.reads is None:
            return Live()
        with self.db.read() as session:
            wanted = pipeline.behind(session, mail_ids)
        now = self.clock()
        found = list(self.reads.invoice_statuses(wanted.invoices).values()) if wanted.invoices else []
        found += self.reads.fetch_many(wanted.objects) if wanted.objects else []
        amounts = self.reads.next_amounts(wanted.charges) if wanted.charges else {}
        seen = [fact for obj in found for fact in self.translate_object(obj, now, True)]
        with self.db.read() as session:
            return live_of(session, seen, amounts)

    def stop_reason(self, session: Any, mail: Mail, live: Any, *, now: datetime) -> Stop | None:
        return pipeline.stop_reason(session, mail, self.setup, live, now=now)
