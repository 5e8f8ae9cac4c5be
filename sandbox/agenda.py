"""What is due when: a heap of (instant, rank, kind, object id).

Entries are hints, not truth: the engine re-reads the object when an entry comes up and drops the entry
if the object no longer wants it. So nothing ever has to be taken off the agenda.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

# Lower runs first within one second: an end must beat the renewal that falls on the same instant.
RANK = {"redeliver": 0, "settle": 1, "cancel": 2, "resume_collection": 3, "expire_incomplete": 4, "renew": 5}
DEFAULT_RANK = 9


@dataclass(order=True)
class Entry:
    at: int
    rank: int
    sequence: int
    kind: str = field(compare=False)
    object_id: str = field(compare=False)


class Agenda:
    """Due instants in order; equal ones keep the order in which they were noted."""

    def __init__(self) -> None:
        self._heap: list[Entry] = []
        self._sequence = 0

    def note(self, at: int, kind: str, object_id: str) -> None:
        self._sequence += 1
        heapq.heappush(self._heap, Entry(at, RANK.get(kind, DEFAULT_RANK), self._sequence, kind, object_id))

    def next_instant(self) -> int | None:
        return self._heap[0].at if self._heap else None

    def forget_before(self, instant: int) -> None:
        """Drop what a back-dated past has left behind."""
        self._heap = [entry for entry in self._heap if entry.at >= instant]
        heapq.heapify(self._heap)

    def take(self, until: int) -> Entry | None:
        """The earliest entry due at or before `until`, removed; None when there is none."""
        if self._heap and self._heap[0].at <= until:
            return heapq.heappop(self._heap)
        return None
