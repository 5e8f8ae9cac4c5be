"""Who gets an event: one delivery for each endpoint that wants its type, in the queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.state import Obj, State

if TYPE_CHECKING:
    from sandbox.events.record import RecordedEvent

DESTINATION = "v2.core.event_destination"
PING = "v2.core.event_destination.ping"
THIN = "thin"


@dataclass
class Delivery:
    """One event on its way to one endpoint; `thin` is the id of the thin event that is sent instead of it."""

    id: str
    event: RecordedEvent
    endpoint_id: str
    tries: int = 0
    copy: bool = False
    delayed: bool = False
    thin: str | None = None


def enqueue(state: State, event: RecordedEvent, endpoint_id: str | None = None) -> int:
    """Queue the event for one endpoint, or for all that want its type; gives how many were queued."""
    count = 0
    for endpoint in endpoints(state):
        if endpoint["status"] != "enabled" or (endpoint_id and endpoint["id"] != endpoint_id):
            continue
        if state.hidden.endpoint_shapes[endpoint["id"]] == THIN:
            count += _enqueue_thin(state, event, endpoint)
        elif wants(endpoint, event.type):
            event.pending_endpoints.add(endpoint["id"])
            state.queue.append(Delivery(f"dlv_{event.id}_{endpoint['id']}", event, endpoint["id"]))
            count += 1
    return count


def _enqueue_thin(state: State, event: RecordedEvent, endpoint: Obj) -> int:
    from sandbox.events.thin import thin_events  # events record through this module, so the edge back is late

    rows = [row for row in thin_events(event) if wants(endpoint, row.type)]
    for row in rows:
        delivery_id = f"dlv_{row.id}_{endpoint['id']}"
        state.queue.append(Delivery(delivery_id, event, endpoint["id"], thin=row.id))
    return len(rows)


def endpoints(state: State) -> list[Obj]:
    """Everything that events are posted to: webhook endpoints and event destinations."""
    return [*state.objects["webhook_endpoint"].values(), *state.objects[DESTINATION].values()]


def find_endpoint(state: State, endpoint_id: str) -> Obj | None:
    return state.find("webhook_endpoint", endpoint_id) or state.find(DESTINATION, endpoint_id)


def wants(endpoint: Obj, event_type: str) -> bool:
    """Whether the endpoint takes events of this type; pings always come."""
    enabled = endpoint["enabled_events"]
    return event_type in enabled or "*" in enabled or event_type == PING
