"""Recording a change: the object as it was at that moment, and before it for `*.updated`.

Snapshots are kept as JSON bytes: they cannot change afterwards, and each endpoint gets them rendered in
its own shape later. `legacy` holds the references that old shapes show and new ones dropped, because they
too must be those of the moment.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sandbox.clock import DAY
from sandbox.queueing import enqueue
from sandbox.rendering.legacy import legacy_references
from sandbox.state import Obj, State

KEPT_SECONDS = 30 * DAY


@dataclass
class RecordedEvent:
    """`created` is the time of its timeline, `recorded_at` the sandbox's own; both in seconds."""

    id: str
    type: str
    created: int
    recorded_at: int
    object_json: bytes
    before_json: bytes | None
    legacy: Obj
    request_id: str | None
    idempotency_key: str | None
    pending_endpoints: set[str] = field(default_factory=set)
    withheld: bool = False


def emit(state: State, event_type: str, obj: Obj, before: bytes | None = None) -> None:
    """Record the event and queue it for every endpoint that subscribed to its type."""
    event = record(state, event_type, obj, snapshot(obj), before)
    if event is not None:
        enqueue(state, event)


def record(
    state: State, event_type: str, obj: Obj, after: bytes, before: bytes | None = None
) -> RecordedEvent | None:
    """A stored event, not queued; None where the sandbox is silent or a fault lets it be forgotten."""
    if state.silent or state.identifiers.share(state.delivery_faults.never_generate):
        return None
    span = state.delivery_faults.same_second_span
    event = RecordedEvent(
        id=state.new_id("evt"),
        type=event_type,
        created=state.now - state.now % span if span else state.now,
        recorded_at=state.main.now,
        object_json=after,
        before_json=before,
        legacy=legacy_references(state, obj),
        request_id=state.request.id,
        idempotency_key=state.request.idempotency_key,
    )
    state.events[event.id] = event
    _forget_old(state)
    return event


@contextmanager
def changing(state: State, obj: Obj, event_type: str) -> Iterator[Obj]:
    """Emit `event_type` with `previous_attributes` if the block really changed the object.

    >>> with changing(state, customer, "customer.updated"):
    ...     customer["email"] = "new@example.com"
    """
    before = snapshot(obj)
    yield obj
    after = snapshot(obj)
    if after != before and (event := record(state, event_type, obj, after, before)):
        enqueue(state, event)


def forget_except(state: State, known: set[str], prefixes: tuple[str, ...]) -> None:
    """Take back events recorded since `known`, but for those of the given kinds: what was undone never was."""
    undone = {e.id for e in state.events.values() if e.id not in known and not e.type.startswith(prefixes)}
    for event_id in undone:
        del state.events[event_id]
    state.queue = deque(delivery for delivery in state.queue if delivery.event.id not in undone)


def snapshot(obj: Obj) -> bytes:
    return msgspec.json.encode(obj)


def restore(data: bytes) -> Any:
    return msgspec.json.decode(data)


def _forget_old(state: State) -> None:
    """Drop events past the provider's listing window; a queued delivery still holds its own event."""
    oldest = next(iter(state.events.values()))
    while oldest.recorded_at < state.main.now - KEPT_SECONDS:
        del state.events[oldest.id]
        oldest = next(iter(state.events.values()))
