"""What is due when: a heap of (instant, rank, kind, object id).

Entries are hints, not truth: the engine re-reads the object when an entry comes up and drops the entry
if the object no longer wants it. So nothing ever has to be taken off the agenda.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

# Lower runs first within one second: an end must beat the renewal that falls on the same instant.
RANK = {
    "redeliver": 0,
    "settle": 1,
    "cancel": 2,
    "resume_collection": 3,
    "expire_incomplete": 4,
    "schedule": 4,
    "renew": 5,
}
DEFAULT_RANK = 9


class Entry(NamedTuple):
    """Compared from the left: time, rank, then the order of noting, which no two share."""

    at: int
    rank: int
    sequence: int
    kind: str
    object_id: str


class Agenda:
    """Due instants in order; equal ones keep the order in which they were noted."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []  # a heap
        self.sequence = 0

    def note(self, at: int, kind: str, object_id: str) -> None:
        self.sequence += 1
        heapq.heappush(self.entries, Entry(at, RANK.get(kind, DEFAULT_RANK), self.sequence, kind, object_id))

    def next_instant(self) -> int | None:
        return self.entries[0].at if self.entries else None

    def forget_before(self, instant: int) -> None:
        """Drop what a back-dated past has left behind."""
        while self.entries and self.entries[0].at < instant:
            heapq.heappop(self.entries)

    def take(self, until: int) -> Entry | None:
        """The earliest entry due at or before `until`, removed; None when there is none."""
        if self.entries and self.entries[0].at <= until:
            return heapq.heappop(self.entries)
        return None
