"""The event object as an endpoint of a given shape receives it, and as the events API shows it."""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox.events.record import RecordedEvent, restore
from sandbox.rendering.shapes import render
from sandbox.state import API_VERSION, Obj, State

DEFAULT_VERSIONS = {"old": "2020-03-02", "both": "2024-12-18.acacia", "new": API_VERSION}


def event_body(state: State, event: RecordedEvent, shape: str = "new", api_version: str | None = None) -> Obj:
    """The whole event; `previous_attributes` only where something was there before."""
    after = render(state, restore(event.object_json), shape, event.legacy)
    return _envelope(event, shape, api_version, _data(state, event, shape, after, after))


def event_json(
    state: State, event: RecordedEvent, shape: str = "new", api_version: str | None = None
) -> bytes:
    """The same as compact JSON; the stored snapshot goes in as it is where the shape changes nothing."""
    if shape != "new":
        return msgspec.json.encode(event_body(state, event, shape, api_version))
    after = restore(event.object_json) if event.before_json is not None else {}
    data = _data(state, event, shape, after, msgspec.Raw(event.object_json))
    return msgspec.json.encode(_envelope(event, shape, api_version, data))


def _data(state: State, event: RecordedEvent, shape: str, after: Obj, shown: Any) -> Obj:
    data: Obj = {"object": shown}
    if event.before_json is not None:
        before = render(state, restore(event.before_json), shape, event.legacy)
        data["previous_attributes"] = previous_attributes(before, after)
    return data


def _envelope(event: RecordedEvent, shape: str, api_version: str | None, data: Obj) -> Obj:
    return {
        "id": event.id,
        "object": "event",
        "api_version": api_version or DEFAULT_VERSIONS[shape],
        "created": event.created,
        "data": data,
        "livemode": False,
        "pending_webhooks": len(event.pending_endpoints),
        "request": {"id": event.request_id, "idempotency_key": event.idempotency_key},
        "type": event.type,
    }


def previous_attributes(before: Obj, after: Obj) -> Obj:
    """Old values of what changed: hashes only in their changed keys, lists whole, new keys as null."""
    changed = {key: _old_part(old, after.get(key)) for key, old in before.items() if old != after.get(key)}
    return changed | {key: None for key, new in after.items() if new is not None and key not in before}


def _old_part(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return previous_attributes(old, new)
    return old
