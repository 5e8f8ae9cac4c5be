"""Thin events: what happened to which object, without the object. The view of a recorded event under /v2.

Each recorded event has a thin twin `v1.<type>`; changes that snapshot events only show by their
`previous_attributes` have thin types of their own besides. The ids are made from the recorded event's id, so
that nothing has to be stored: `evt_test_65` + a letter that counts the thin events of one recorded event + the token.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from string import ascii_uppercase

from sandbox.clock import iso
from sandbox.events.changes import thin_only_types
from sandbox.events.record import RecordedEvent, restore
from sandbox.state import Obj, State

PREFIX = "evt_test_65"
V2_PREFIX = "v2."
# Kinds whose address is not `/v1/<kind>s`.
PATHS = {
    "billing_portal.configuration": "/v1/billing_portal/configurations",
    "checkout.session": "/v1/checkout/sessions",
    "test_helpers.test_clock": "/v1/test_helpers/test_clocks",
    "v2.core.event_destination": "/v2/core/event_destinations",
}
# Snapshot types without a thin twin, and thin types that name no object.
WITHOUT_TWIN = ("customer.source.", "source.")
WITHOUT_OBJECT = ("billing_portal.session.created", "invoice.upcoming")


@dataclass(frozen=True)
class ThinEvent:
    """One thin event; `twin` says that the recorded event is its snapshot."""

    id: str
    type: str
    recorded: RecordedEvent
    twin: bool


def thin_events(recorded: RecordedEvent) -> list[ThinEvent]:
    """The thin events of one recorded event: its twin first, then the thin-only ones."""
    if recorded.type.startswith(V2_PREFIX):
        return [ThinEvent(thin_id(recorded, 0), recorded.type, recorded, False)]
    if recorded.type.startswith(WITHOUT_TWIN):
        return []
    types = [recorded.type, *thin_only_types(recorded)]
    return [
        ThinEvent(thin_id(recorded, number), f"v1.{name}", recorded, number == 0)
        for number, name in enumerate(types)
    ]


def thin_id(recorded: RecordedEvent, number: int) -> str:
    return f"{PREFIX}{ascii_uppercase[number]}{recorded.id.removeprefix('evt_')}"


def find_thin(state: State, event_id: str) -> ThinEvent | None:
    """The thin event with this id, None when there is none or it was forgotten."""
    token = event_id.removeprefix(PREFIX)
    recorded = state.events.get(f"evt_{token[1:]}")
    rows = thin_events(recorded) if recorded else []
    return next((row for row in rows if row.id == event_id), None)


def newest_first(state: State) -> Iterator[ThinEvent]:
    for recorded in reversed(state.events.values()):
        yield from reversed(thin_events(recorded))


def object_id_of(recorded: RecordedEvent) -> str | None:
    found: str | None = restore(recorded.object_json).get("id")
    return found


def notification(event: ThinEvent) -> Obj:
    """What is delivered: no object, only where it can be read."""
    recorded = event.recorded
    reason = None
    if recorded.request_id:
        request = {"id": recorded.request_id, "idempotency_key": recorded.idempotency_key or ""}
        reason = {"type": "request", "request": request}
    told: Obj = {
        "id": event.id,
        "object": "v2.core.event",
        "context": None,
        "created": iso_milliseconds(recorded.created),
        "livemode": False,
        "reason": reason,
        "type": event.type,
    }
    related = _related(recorded)
    return told | {"related_object": related} if related else told


def full_event(event: ThinEvent) -> Obj:
    """What the events API answers: the notification, the snapshot event it is the twin of, and its data if any."""
    full = {
        **notification(event),
        "changes": None,
        "snapshot_event": event.recorded.id if event.twin else None,
    }
    if event.recorded.type == "invoice.upcoming":
        invoice = restore(event.recorded.object_json)
        details = (invoice["parent"] or {}).get("subscription_details") or {}
        full["data"] = {"customer": invoice["customer"], "subscription": details.get("subscription")}
    return full


def iso_milliseconds(instant: int) -> str:
    return iso(instant).replace("Z", ".000Z")


def _related(recorded: RecordedEvent) -> Obj | None:
    obj = restore(recorded.object_json)
    if recorded.type in WITHOUT_OBJECT or "id" not in obj:
        return None
    kind = obj["object"]
    if kind == "discount":
        return {"type": kind, "url": f"/v1/customers/{obj['customer']}/discount"}
    return {"id": obj["id"], "type": kind, "url": f"{PATHS.get(kind, f'/v1/{kind}s')}/{obj['id']}"}
