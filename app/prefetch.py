"""What an event's body does not carry is read from the provider before the transaction begins.

Thin events name only their object; new bodies of failed invoices carry no reason; and two events of one
object in one second do not say which is newer. Without a provider key bodies must do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.billing.facts import Fact, InvoicePaymentFailed, InvoiceSeen, Translation
from app.billing.ports import ObjectTranslator, ProviderReads
from app.core.errors import ProviderError
from app.inbound.repository import ClaimedEvent
from app.inbound.states import Source

REFETCHED = frozenset({"invoice", "subscription", "customer"})
GO_ON_WITHOUT_AFTER = 3
"""A reason that cannot be read in so many tries is done without: the case must open all the same."""


@dataclass
class Prefetch:
    """Completes translations. One read serves every event of an object within a batch."""

    reads: ProviderReads | None
    translate_object: ObjectTranslator

    def complete(
        self,
        translations: Mapping[int, Translation],
        events: Mapping[int, ClaimedEvent],
        pictured: Mapping[str, datetime],
        *,
        now: datetime,
    ) -> dict[int, tuple[Fact, ...] | ProviderError]:
        """Facts by event, or the error because of which the event must wait.

        `pictured`: of when our picture of a subscription is, by an event or by reading it.
        """
        reads = self.reads
        if reads is None:
            return {k: t.facts for k, t in translations.items()}
        tied = self._tied(translations, events, pictured)
        cache: dict[tuple[str, str], dict[str, Any] | ProviderError | None] = {}
        done: dict[int, tuple[Fact, ...] | ProviderError] = {}
        for key, told in translations.items():
            done[key] = self._complete_one(
                reads, told, events[key], (told.object_kind, told.object_id) in tied, cache, now
            )
        return done

    def _complete_one(
        self,
        reads: ProviderReads,
        told: Translation,
        event: ClaimedEvent,
        tied: bool,
        cache: dict[tuple[str, str], dict[str, Any] | ProviderError | None],
        now: datetime,
    ) -> tuple[Fact, ...] | ProviderError:
        if told.object_kind is None or told.object_id is None or event.source == Source.LIVE:
            return told.facts
        if not (told.wants_live or tied or _lacks_reason(told.facts)):
            return told.facts
        wanted = (told.object_kind, told.object_id)
        if wanted not in cache:
            try:
                cache[wanted] = reads.fetch(*wanted)
            except ProviderError as error:
                cache[wanted] = error
        found = cache[wanted]
        if isinstance(found, ProviderError):
            must_wait = told.wants_live or event.attempts < GO_ON_WITHOUT_AFTER
            return found if must_wait and not found.permanent else told.facts
        if found is None:
            return told.facts
        event_type = told.event_type if told.wants_live else None
        return (*told.facts, *self.translate_object(found, now, True, event_type, told.at))

    def _tied(
        self,
        translations: Mapping[int, Translation],
        events: Mapping[int, ClaimedEvent],
        pictured: Mapping[str, datetime],
    ) -> set[tuple[str | None, str | None]]:
        """Objects of which two events share a second, within the batch or with what an earlier one told."""
        moments = Counter(
            (t.object_kind, t.object_id, events[k].created_at)
            for k, t in translations.items()
            if t.object_kind in REFETCHED
        )
        return {
            (kind, object_id)
            for (kind, object_id, at), n in moments.items()
            if n > 1 or (kind == "subscription" and _same_second(pictured.get(object_id or ""), at))
        }


def _same_second(ours: datetime | None, theirs: datetime | None) -> bool:
    """Events tell whole seconds: a change after our reading, in its second, looks older than what we read."""
    return ours is not None and theirs is not None and ours.replace(microsecond=0) == theirs


def _lacks_reason(facts: Iterable[Fact]) -> bool:
    failed = any(isinstance(f, InvoicePaymentFailed) for f in facts)
    return failed and not any(isinstance(f, InvoiceSeen) and f.decline for f in facts)
