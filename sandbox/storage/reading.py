"""From the file's rows back to a state."""

from __future__ import annotations

from collections import deque
from dataclasses import fields
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from sandbox.agenda import Agenda, Entry
from sandbox.cards.behaviour import Behaviour
from sandbox.clock import Clock, as_datetime
from sandbox.events.record import RecordedEvent
from sandbox.faults import ApiFault, DeliveryFaults
from sandbox.idempotency import StoredAnswer
from sandbox.policy import BillingPolicy
from sandbox.queueing import Delivery
from sandbox.state import Hidden, State
from sandbox.storage.tables import FORMAT, Key, Values
from sandbox.timelines import Timeline


def fill(state: State, rows: list[tuple[str, Key, Values]]) -> None:
    """Make a fresh state what was written; the rows of each table come in their order of creation."""
    parts: dict[str, Any] = {}
    kinds = get_type_hints(Hidden, localns={"Behaviour": Behaviour})
    for table, key, values in rows:
        match table:
            case "objects":
                state.objects[key[0]][key[1]] = msgspec.json.decode(str(values[0]))
            case "hidden":
                _remember(state.hidden, kinds, key, str(values[0]))
            case "events":
                state.events[key[0]] = _event(key[0], values)
            case "answers":
                state.answers[key[0]] = _answer(values)
            case "parts":
                parts[key[0]] = msgspec.json.decode(str(values[0]))
    if parts["format"] != FORMAT:
        raise ValueError(f"the file is of format {parts['format']}, this sandbox writes {FORMAT}")
    _take_parts(state, parts)


def _remember(hidden: Hidden, kinds: dict[str, Any], key: Key, json: str) -> None:
    """One entry of a hidden mapping (typed as its field declares) or set; a field of the past is left out."""
    if key[0] not in {part.name for part in fields(hidden)}:
        return
    holder, kind = getattr(hidden, key[0]), kinds[key[0]]
    if get_origin(kind) is set:
        holder.add(key[1])
    else:
        holder[key[1]] = msgspec.json.decode(json, type=get_args(kind)[1])


def _event(event_id: str, values: Values) -> RecordedEvent:
    kind, created, recorded_at, obj, before, legacy, request_id, key, pending, withheld = values
    return RecordedEvent(
        id=event_id,
        type=str(kind),
        created=int(created or 0),
        recorded_at=int(recorded_at or 0),
        object_json=str(obj).encode(),
        before_json=str(before).encode() if before is not None else None,
        legacy=msgspec.json.decode(str(legacy)),
        request_id=str(request_id) if request_id is not None else None,
        idempotency_key=str(key) if key is not None else None,
        pending_endpoints=set(msgspec.json.decode(str(pending))),
        withheld=bool(withheld),
    )


def _answer(values: Values) -> StoredAnswer:
    fingerprint, status, body, request_id, at = values
    return StoredAnswer(str(fingerprint), int(status or 0), str(body).encode(), str(request_id), int(at or 0))


def _take_parts(state: State, parts: dict[str, Any]) -> None:
    state.account_id = parts["account_id"]
    state.api_faults.waiting = msgspec.convert(parts["api_faults"], list[ApiFault])
    state.delivery_faults = msgspec.convert(parts["delivery_faults"], DeliveryFaults)
    state.delivery_log.extend(parts["delivery_log"])
    state.identifiers.generator = parts["generator"]
    state.paused = parts["paused"]
    state.policy = msgspec.convert(parts["policy"], BillingPolicy)
    timelines = [_timeline(row) for row in parts["timelines"]]
    state.main = timelines[0]
    state.test_timelines.update({str(row.test_clock): row for row in timelines[1:]})
    state.queue = deque(_deliveries(state, parts["queue"]))
    for name, row in parts["waiting"].items():
        for delivery in _deliveries(state, [row]):
            state.waiting[name] = delivery
    # A walk that was cut short goes on.
    clocks = state.rows("test_helpers.test_clock")
    state.walks.extend(clock["id"] for clock in clocks if clock["status"] == "advancing")


def _timeline(row: dict[str, Any]) -> Timeline:
    agenda = Agenda()
    agenda.entries = [Entry(*entry) for entry in row["agenda"]]
    agenda.sequence = row["sequence"]
    return Timeline(Clock(as_datetime(row["now"])), agenda, row["test_clock"])


def _deliveries(state: State, rows: list[dict[str, Any]]) -> list[Delivery]:
    """Deliveries of events that are still known."""
    found = [(state.events.get(row["event"]), row) for row in rows]
    return [Delivery(**{**row, "event": event}) for event, row in found if event is not None]
