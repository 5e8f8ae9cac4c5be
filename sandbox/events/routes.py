"""`/v1/events`: what was recorded in the last thirty days."""

from __future__ import annotations

from sandbox.cursors import cut, envelope
from sandbox.errors import invalid, missing_object
from sandbox.events.body import event_body
from sandbox.events.record import RecordedEvent
from sandbox.events.thin import V2_PREFIX
from sandbox.parameters import flag, given, sequence, text, within
from sandbox.routing import Call, route
from sandbox.state import Obj

MAX_TYPES = 20


def retrieve(call: Call) -> Obj:
    event = call.state.events.get(call.id)
    if event is None:
        raise missing_object("event", call.id)
    return event_body(call.state, event)


def list_all(call: Call) -> Obj:
    """Newest first; `delivery_success=false` gives those that some endpoint has not taken yet."""
    params = call.params
    types = sequence(params, "types")
    if len(types) > MAX_TYPES:
        raise invalid(f"At most {MAX_TYPES} types can be given.", param="types")
    if types and given(params, "type"):
        raise invalid("Only one of type and types can be given.", param="types")
    wanted = set(types) | ({text(params, "type")} if given(params, "type") else set())
    rows = [
        event
        for event in reversed(call.state.events.values())
        if not event.type.startswith(V2_PREFIX) and (not wanted or _matches(event.type, wanted))
    ]
    rows = [event for event in rows if within(event.created, params, "created")]
    if given(params, "delivery_success"):
        success = flag(params, "delivery_success")
        rows = [event for event in rows if (not event.pending_endpoints) == success]
    page, more = cut(rows, params, _id)
    return envelope([event_body(call.state, event) for event in page], "/v1/events", more)


def _id(event: RecordedEvent) -> str:
    return event.id


def _matches(event_type: str, wanted: set[str | None]) -> bool:
    """A wanted type may end in `.*`."""
    return event_type in wanted or any(
        w and w.endswith(".*") and event_type.startswith(w[:-1]) for w in wanted
    )


FILTERS = "limit starting_after ending_before type types created delivery_success"
ROUTES = [
    route("GET", "/v1/events", list_all, FILTERS),
    route("GET", "/v1/events/{}", retrieve),
]
