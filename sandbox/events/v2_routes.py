"""`/v2/core/events`: the thin events of the last thirty days."""

from __future__ import annotations

from datetime import datetime

from sandbox.clock import as_seconds
from sandbox.errors import invalid, missing_object
from sandbox.events.routes import MAX_TYPES
from sandbox.events.thin import ThinEvent, find_thin, full_event, newest_first, object_id_of
from sandbox.parameters import mapping, required_text, sequence, text, within
from sandbox.routing import Call, route
from sandbox.state import Obj
from sandbox.v2_pages import page

URL = "/v2/core/events"
OPERATORS = ("gt", "gte", "lt", "lte")


def retrieve(call: Call) -> Obj:
    event = find_thin(call.state, call.id)
    if event is None:
        raise missing_object("event", call.id)
    return full_event(event)


def list_all(call: Call) -> Obj:
    """Newest first, by object, types and time (`created` takes ISO 8601 instants)."""
    params = call.params
    types, object_id = set(sequence(params, "types")), text(params, "object_id")
    if len(types) > MAX_TYPES:
        raise invalid(f"At most {MAX_TYPES} types can be given.", param="types")
    asked = mapping(params, "created")
    limits = {"created": {name: _instant(required_text(asked, name)) for name in asked}}
    if not set(asked) <= set(OPERATORS):
        raise invalid("created takes gt, gte, lt and lte.", param="created")
    rows = (
        event
        for event in newest_first(call.state)
        if (not types or event.type in types)
        and within(event.recorded.created, limits, "created")
        and (object_id is None or object_id_of(event.recorded) == object_id)
    )
    answer = page(rows, params, URL, _id)
    return {**answer, "data": [full_event(event) for event in answer["data"]]}


def _id(event: ThinEvent) -> str:
    return event.id


def _instant(value: str) -> int:
    try:
        return as_seconds(datetime.fromisoformat(value))
    except ValueError:
        raise invalid(f"Not an ISO 8601 instant with an offset: {value}", param="created") from None


ROUTES = [
    route("GET", URL, list_all, "object_id types created limit page"),
    route("GET", URL + "/{}", retrieve),
]
