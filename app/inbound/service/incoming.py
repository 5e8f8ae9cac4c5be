"""An event on its way into the database, and what became of it."""

from __future__ import annotations

import enum
from asyncio import Future
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.inbound.ports import Envelope
from app.inbound.states import InboundState, Source


class Outcome(enum.Enum):
    STORED = "stored"
    DUPLICATE = "duplicate"  # stored before, with the same content
    CONFLICT = "conflict"  # stored before with other content; this one is kept aside
    AGAIN = "again"  # another writer stored it this very moment: look once more


@dataclass(slots=True, eq=False)
class Incoming:
    """A verified delivery that waits for its commit. `answer` gets the outcome, or NotStored."""

    source: Source
    envelope: Envelope
    body: bytes
    state: InboundState
    answer: Future[Outcome]

    @property
    def key(self) -> tuple[str, str]:
        """What makes an event the same: its id, and who told it."""
        return (self.envelope.id, self.source.value)


class BatchStore(Protocol):
    """One connection that stores one batch at a time, in one transaction.

    No two events of a batch have the same key. After an error the outcome is unknown, and storing
    the batch again is safe.
    """

    async def store(self, batch: Sequence[Incoming], now: datetime) -> list[Outcome]: ...

    def may_be_one_event(self, error: Exception) -> bool:
        """Whether the error may come from a single event, so that the others can still be stored."""
        ...

    async def close(self) -> None: ...
