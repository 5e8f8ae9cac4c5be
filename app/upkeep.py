"""Look after what webhooks cannot tell: missed events, events never made, and whether we are alive."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.ports import ProviderReads
from app.billing.states import InvoiceState, SubscriptionState
from app.core import gates
from app.core.clock import Clock, from_unix
from app.core.db import Database
from app.dunning.rules.cases import RENEWALS
from app.inbound import repository as inbound
from app.inbound.ports import ReadEnvelope
from app.inbound.states import Source
from app.privacy import door
from app.privacy.policy import RetentionPolicy
from app.privacy.redaction import is_pseudonym
from app.privacy.restricted import Vault
from app.privacy.retention import sweep

log = structlog.get_logger()

OVERLAP = timedelta(minutes=15)
LISTED_FOR = timedelta(days=30)
"""How long the provider lists its events."""
AT_RISK = ("past_due", "unpaid", "paused")


@dataclass
class Upkeep:
    """Periodic work beside the ticks; every method may be run at any time, any number of times."""

    db: Database
    clock: Clock
    reads: ProviderReads | None
    read_envelope: ReadEnvelope
    retention: RetentionPolicy = field(default_factory=RetentionPolicy)
    vault: Vault | None = None

    def forget_old(self) -> int:
        """Let go of content that is older than the policy keeps it; returns how many rows."""
        swept = sweep(self.db, self.retention, self.clock(), self.vault)
        if any(swept.values()):
            log.info("retention.swept", **swept)
        return sum(swept.values())

    def backfill(self) -> int:
        """Store events that the provider lists and we never got; returns how many."""
        if self.reads is None:
            return 0
        now = self.clock()
        with self.db.read() as session:
            row = gates.registered(session)
        if row is None:
            return 0
        since = max((row.backfilled_until or row.watching_since) - OVERLAP, now - LISTED_FOR)
        batch: list[dict[str, Any]] = []
        stored = 0
        for event in self.reads.events_since(since):
            batch.append(event)
            if len(batch) == 100:
                stored += self._store_missed(batch, now)
                batch = []
        stored += self._store_missed(batch, now)
        with self.db.write() as session:
            current = gates.installation(session)
            if current is not None:
                current.backfilled_until = now
        if stored:
            log.warning("backfill.found", events=stored)
        return stored

    def _store_missed(self, events: list[dict[str, Any]], now: datetime) -> int:
        with self.db.write() as session:
            known = inbound.known(session, [e["id"] for e in events])
            return sum(self._store(session, e, now, Source.BACKFILL) for e in events if e["id"] not in known)

    def _store(self, session: Session, event: dict[str, Any], now: datetime, source: Source) -> bool:
        body = msgspec.json.encode(event)
        envelope = self.read_envelope(body)
        if door.erased_among(session, set(envelope.refs.split())):
            return False
        return inbound.store(
            session,
            source=source,
            event_id=envelope.id,
            type=envelope.type,
            created_at=envelope.created,
            now=now,
            body=body,
            api_version=envelope.api_version,
            livemode=envelope.livemode,
            object_id=envelope.object_id,
            customer_id=envelope.customer_id,
            refs=envelope.refs,
        )

    def reconcile(self) -> int:
        """Compare our open money with the provider's; what differs re-enters as an event read live.

        Finds what no event list can show: events that were never made. Returns how many objects differed.
        """
        if self.reads is None:
            return 0
        now = self.clock()
        with self.db.read() as session:
            row = gates.registered(session)
            ours = {i.id: i for i in billing.open_failed_invoices(session) if not is_pseudonym(i.id)}
        if row is None:
            return 0
        found = 0
        theirs = {obj["id"]: obj for obj in self.reads.open_invoices(created_since=row.watching_since)}
        missing = [key for key in ours if key not in theirs]
        theirs |= self.reads.invoice_statuses(missing)
        for obj in theirs.values():
            found += self._mend(obj, ours.get(obj["id"]), now)
        for status in AT_RISK:
            for obj in self.reads.subscriptions(status=status):
                found += self._mend_subscription(obj, now)
        with self.db.write() as session:
            current = gates.installation(session)
            if current is not None:
                current.reconciled_at = now
        if found:
            log.warning("reconcile.drift", objects=found)
        return found

    def _mend(self, obj: dict[str, Any], known: InvoiceState | None, now: datetime) -> bool:
        """Store a live reading of an invoice that we have otherwise, or have not seen fail."""
        failed = (
            obj.get("status") == "open"
            and (obj.get("attempt_count") or 0) > 0
            and obj.get("billing_reason") in RENEWALS
            and obj.get("collection_method") == "charge_automatically"
        )
        if known is None and not failed:
            return False
        if known is not None and known.status == obj.get("status") and (known.failed_at or not failed):
            return False
        unseen = failed and (known is None or known.failed_at is None)
        if unseen and self.reads is not None:
            obj = self.reads.fetch("invoice", obj["id"]) or obj  # lists do not say why a payment failed
        self.store_live(obj, "reclaim.live", now)
        if unseen:
            finalized = (obj.get("status_transitions") or {}).get("finalized_at")
            failed_at = from_unix(finalized) if isinstance(finalized, int) else now
            self.store_live(obj, "invoice.payment_failed", failed_at)
        return True

    def _mend_subscription(self, obj: dict[str, Any], now: datetime) -> bool:
        with self.db.read() as session:
            known = billing.load(session, SubscriptionState, [obj["id"]]).get(obj["id"])
        if known is None or known.status == obj.get("status"):
            return False
        return self.store_live(obj, "reclaim.live", now)

    def store_live(self, obj: dict[str, Any], event_type: str, at: datetime) -> bool:
        """An object as the provider shows it now, as an event; `at` is what the event tells of."""
        now = self.clock()
        event = {
            "id": f"{event_type}_{obj['id']}_{obj.get('status')}_{int(now.timestamp())}".replace(".", "_"),
            "object": "event",
            "type": event_type,
            "created": int(at.timestamp()),
            "livemode": obj.get("livemode"),
            "data": {"object": obj},
        }
        with self.db.write() as session:
            return self._store(session, event, now, Source.LIVE)
