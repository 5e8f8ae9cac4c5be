"""The event object as an endpoint of a given shape receives it, and as the events API shows it."""

from __future__ import annotations

from typing import Any

from sandbox.events.record import RecordedEvent, restore
from sandbox.rendering.shapes import render
from sandbox.state import API_VERSION, Obj, State

DEFAULT_VERSIONS = {"old": "2020-03-02", "both": "2024-12-18.acacia", "new": API_VERSION}


def event_body(state: State, event: RecordedEvent, shape: str = "new", api_version: str | None = None) -> Obj:
    """The whole event; `previous_attributes` only where something was there before."""
    after = render(state, restore(event.object_json), shape, event.legacy)
    data: Obj = {"object": after}
    if event.before_json is not None:
        before = render(state, restore(event.before_json), shape, event.legacy)
        data["previous_attributes"] = previous_attributes(before, after)
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
    changed: Obj = {}
    for key in before.keys() | after.keys():
        old, new = before.get(key), after.get(key)
        if old != new:
            changed[key] = _old_part(old, new)
    return changed


def _old_part(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return previous_attributes(old, new)
    return old
