"""The tables of the file, and the rows that a state is made of.

`objects` holds what the API shows, `hidden` what the provider knows beside it, `events` and `answers` what was
recorded and answered; `parts` holds the rest by name. `position` is the order of creation.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import asdict, dataclass, fields
from functools import partial
from typing import Any

import msgspec

from sandbox.events.record import RecordedEvent
from sandbox.idempotency import StoredAnswer
from sandbox.queueing import Delivery
from sandbox.state import State
from sandbox.timelines import Timeline

# Table -> (columns of its key, its other columns besides `position`).
TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "objects": (("kind", "id"), ("json",)),
    "hidden": (("name", "key"), ("json",)),
    "events": (
        ("id",),
        ("type", "created", "recorded_at", "object", "before", "legacy", "request_id", "idempotency_key",
         "pending_endpoints", "withheld"),
    ),
    "answers": (("key",), ("fingerprint", "status", "body", "request_id", "at")),
    "parts": (("name",), ("json",)),
}  # fmt: skip
FORMAT = 1

Key = tuple[str, ...]
Values = tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """`mark` differs whenever the values do; the values are made only for a row that is written."""

    table: str
    key: Key
    mark: Hashable
    make: Callable[[], Values]


def rows_of(state: State) -> Iterator[Row]:
    """Every row of the state; call it under the state's lock."""
    for kind, objects in state.objects.items():
        for name, obj in objects.items():
            yield _json_row("objects", (kind, name), obj)
    for part in fields(state.hidden):
        value = getattr(state.hidden, part.name)
        for name in value:
            yield _json_row("hidden", (part.name, name), value[name] if isinstance(value, dict) else None)
    for event in state.events.values():
        # An event never changes, but for where it was delivered.
        mark = (*sorted(event.pending_endpoints), event.withheld)
        yield Row("events", (event.id,), mark, partial(_event_values, event))
    for key, answer in state.answers.items():
        yield Row("answers", (key,), (answer.request_id, answer.at), partial(_answer_values, answer))
    for name, value in _parts(state).items():
        yield _json_row("parts", (name,), value)


def _json_row(table: str, key: Key, value: Any) -> Row:
    json = msgspec.json.encode(value)
    return Row(table, key, hash(json), lambda: (json.decode(),))


def _event_values(event: RecordedEvent) -> Values:
    return (
        event.type,
        event.created,
        event.recorded_at,
        event.object_json.decode(),
        event.before_json.decode() if event.before_json is not None else None,
        text(event.legacy),
        event.request_id,
        event.idempotency_key,
        text(sorted(event.pending_endpoints)),
        int(event.withheld),
    )


def _answer_values(answer: StoredAnswer) -> Values:
    return (answer.fingerprint, answer.status, answer.body.decode(), answer.request_id, answer.at)


def _parts(state: State) -> dict[str, Any]:
    """Everything that is small enough to be written whole."""
    return {
        "format": FORMAT,
        "account_id": state.account_id,
        "api_faults": [asdict(fault) for fault in state.api_faults.waiting],
        "delivery_faults": asdict(state.delivery_faults),
        "delivery_log": list(state.delivery_log),
        "generator": state.identifiers.generator,
        "paused": state.paused,
        "policy": asdict(state.policy),
        # What was on its way when the state was written is sent again: twice is better than never.
        "queue": [_delivery(row) for row in (*state.in_flight, *state.queue)],
        "timelines": [_timeline(row) for row in (state.main, *state.test_timelines.values())],
        "waiting": {name: _delivery(row) for name, row in state.waiting.items()},
    }


def _delivery(delivery: Delivery) -> dict[str, Any]:
    names = ("id", "endpoint_id", "tries", "copy", "delayed", "thin")
    return {name: getattr(delivery, name) for name in names} | {"event": delivery.event.id}


def _timeline(timeline: Timeline) -> dict[str, Any]:
    return {
        "test_clock": timeline.test_clock,
        "now": timeline.now,
        "sequence": timeline.agenda.sequence,
        "agenda": timeline.agenda.entries,
    }


def text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
