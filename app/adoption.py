"""The first import: read what the provider has, and adopt failures that are under way if asked to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.billing.facts import InvoicePaymentFailed, InvoiceSeen, SubscriptionSeen
from app.billing.ports import ObjectTranslator, ProviderReads
from app.billing.projection.invoices import invoice_after, invoice_failed
from app.billing.projection.objects import subscription_after
from app.billing.states import SubscriptionState
from app.campaigns.planner import Frame
from app.contacts.rules import zone_for
from app.core.clock import Clock, from_unix
from app.dunning.desk import course_for
from app.dunning.mails import Setup
from app.dunning.rules import cases as rules
from app.dunning.rules.arms import arm_of
from app.dunning.rules.cases import Debt
from app.dunning.rules.steps import ends_at, plan_steps
from app.upkeep import Upkeep


@dataclass(frozen=True, slots=True)
class Candidate:
    """An open failure that could become a case. `joins_at`: number of the first mail, None if there is none."""

    invoice_id: str
    customer_id: str
    failed_at: datetime
    category: str
    joins_at: int | None
    due_at: datetime | None
    invoice: dict[str, Any]


@dataclass
class History:
    """The provider's present state, read once."""

    reads: ProviderReads
    upkeep: Upkeep
    clock: Clock
    setup: Setup
    translate_object: ObjectTranslator

    @classmethod
    def of(cls, parts: Any) -> History:
        """From an application with a provider key."""
        return cls(parts.reads, parts.upkeep, parts.clock, parts.setup, parts.translate_object)

    def read(self, *, since: datetime | None, step: Callable[[str], None]) -> Counter[str]:
        """Store customers, subscriptions and open invoices as readings; the worker takes them in. No mail."""
        counts: Counter[str] = Counter()
        for noun, objects in self._objects(since):
            for obj in objects:
                self.upkeep.store_live(obj, "reclaim.live", self.clock())
                counts[noun] += 1
                step(noun)
        return counts

    def _objects(self, since: datetime | None) -> Iterator[tuple[str, Iterable[dict[str, Any]]]]:
        yield "customers", self.reads.customers()
        yield "subscriptions", self.reads.subscriptions(status="all")
        yield "open invoices", self.reads.open_invoices(created_since=since)

    def candidates(self, window: timedelta) -> list[Candidate]:
        """Failures of the window that would open a case now."""
        now = self.clock()
        found = (self._candidate(obj, now) for obj in self.reads.open_invoices(created_since=now - window))
        return [c for c in found if c is not None]

    def _candidate(self, obj: dict[str, Any], now: datetime) -> Candidate | None:
        seen = next((f for f in self.translate_object(obj, now, True) if isinstance(f, InvoiceSeen)), None)
        if seen is None or seen.attempt_count < 1 or seen.customer_id is None:
            return None
        finalized = (obj.get("status_transitions") or {}).get("finalized_at")
        failed_at = from_unix(finalized) if isinstance(finalized, int) else seen.created_at or now
        failure = InvoicePaymentFailed(seen.invoice_id, failed_at, seen.attempt_count)
        invoice = invoice_failed(invoice_after(None, seen), failure)
        debt = Debt(invoice, self._subscription(seen.subscription_id, now))
        if rules.refusal(debt) or rules.settlement(debt):
            return None
        course = course_for([debt])
        policy = self.setup.policy
        zone = zone_for(None, None, self.setup.terms.default_zone).info
        frame = Frame(failed_at, zone, policy.hours, ends_at(failed_at, policy), policy.warn_days)
        arm = arm_of(self.setup.experiments, seen.customer_id, failed_at).arm
        steps = plan_steps(course, policy, frame, arm=arm, now=now, already_sent=0)
        first = steps[0] if steps else None
        return Candidate(
            seen.invoice_id,
            seen.customer_id,
            failed_at,
            course.category,
            first.number + 1 if first else None,
            first.due_at if first else None,
            obj,
        )

    def _subscription(self, subscription_id: str | None, now: datetime) -> SubscriptionState | None:
        obj = self.reads.fetch("subscription", subscription_id) if subscription_id else None
        facts = self.translate_object(obj, now, True) if obj else ()
        seen = next((f for f in facts if isinstance(f, SubscriptionSeen)), None)
        return subscription_after(None, seen) if seen else None

    def adopt(self, candidates: Iterable[Candidate]) -> None:
        """Store their failures as events; the worker opens the cases."""
        for candidate in candidates:
            self.upkeep.store_live(candidate.invoice, "reclaim.live", self.clock())
            self.upkeep.store_live(candidate.invoice, "invoice.payment_failed", candidate.failed_at)
