"""`/v2/core/event_destinations`."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.errors import invalid, missing_param
from sandbox.events.record import record, snapshot
from sandbox.events.thin import full_event, iso_milliseconds, thin_events
from sandbox.parameters import Params, choice, given, mapping, merged_metadata, required_text, sequence, text
from sandbox.queueing import DESTINATION, PING, THIN, enqueue
from sandbox.rendering.shapes import shape_of_version
from sandbox.routing import Call, route
from sandbox.state import API_VERSION, Obj, State
from sandbox.v2_pages import page
from sandbox.webhook_endpoints.routes import refuse_too_many

URL = "/v2/core/event_destinations"
SECRET, ADDRESS = "webhook_endpoint.signing_secret", "webhook_endpoint.url"


def create(call: Call) -> Obj:
    """Only this answer can show the signing secret, and only where `include` asks for it."""
    state, params = call.state, call.params
    payload = choice(params, "event_payload", ("snapshot", THIN))
    if payload is None:
        raise missing_param("event_payload")
    if choice(params, "type", ("webhook_endpoint",)) is None:
        raise missing_param("type")
    version = text(params, "snapshot_api_version")
    if version and payload == THIN:
        raise invalid("Thin events have no version.", param="snapshot_api_version")
    address = required_text(mapping(params, "webhook_endpoint"), "url")
    refuse_too_many(state)
    at = iso_milliseconds(state.main.now)
    destination: Obj = {
        "id": state.new_id("ed"),
        "object": DESTINATION,
        "amazon_eventbridge": None,
        "azure_event_grid": None,
        "created": at,
        "description": text(params, "description") or "",
        "enabled_events": _enabled(params),
        "event_payload": payload,
        "events_from": sequence(params, "events_from") or ["@self"],
        "livemode": False,
        "metadata": merged_metadata({}, params),
        "name": required_text(params, "name"),
        "snapshot_api_version": None if payload == THIN else version or API_VERSION,
        "status": "enabled",
        "status_details": None,
        "type": "webhook_endpoint",
        "updated": at,
        "webhook_endpoint": {"signing_secret": None, "url": None},
    }
    hidden = state.hidden
    hidden.endpoint_secrets[destination["id"]] = f"whsec_{state.identifiers.token(32)}"
    hidden.endpoint_urls[destination["id"]] = address
    hidden.endpoint_shapes[destination["id"]] = THIN if payload == THIN else shape_of_version(version)
    return _shown(state, state.insert(destination), sequence(params, "include"))


def _enabled(params: Params) -> list[str]:
    wanted = [str(name) for name in sequence(params, "enabled_events")]
    if not wanted:
        raise missing_param("enabled_events")
    return wanted


def _shown(state: State, destination: Obj, include: Sequence[str]) -> Obj:
    """The destination with what was asked to be included in place of its nulls."""
    hidden, name = state.hidden, destination["id"]
    webhook = {
        "signing_secret": hidden.endpoint_secrets[name] if SECRET in include else None,
        "url": hidden.endpoint_urls[name] if ADDRESS in include else None,
    }
    return {**destination, "webhook_endpoint": webhook}


def retrieve(call: Call) -> Obj:
    return _shown(call.state, _get(call), _without_secret(call.params))


def _get(call: Call) -> Obj:
    return call.state.get(DESTINATION, call.id)


def _without_secret(params: Params) -> list[str]:
    return [name for name in sequence(params, "include") if name != SECRET]


def list_all(call: Call) -> Obj:
    rows = reversed(call.state.rows(DESTINATION))
    include = _without_secret(call.params)
    shown = [_shown(call.state, row, include) for row in rows]
    return page(shown, call.params, URL, lambda row: str(row["id"]))


def update(call: Call) -> Obj:
    """Name, description, events, metadata and address; payload and version are fixed at creation."""
    destination, params = _get(call), call.params
    for name in ("name", "description"):
        if given(params, name):
            destination[name] = text(params, name) or ""
    if given(params, "enabled_events"):
        destination["enabled_events"] = _enabled(params)
    if given(params, "webhook_endpoint"):
        address = required_text(mapping(params, "webhook_endpoint"), "url")
        call.state.hidden.endpoint_urls[call.id] = address
    if given(params, "metadata"):
        cleared = {
            key: value if value is not None else "" for key, value in mapping(params, "metadata").items()
        }
        destination["metadata"] = merged_metadata(destination["metadata"], {"metadata": cleared})
    return _touched(call, destination)


def _touched(call: Call, destination: Obj) -> Obj:
    destination["updated"] = iso_milliseconds(call.state.main.now)
    return _shown(call.state, destination, _without_secret(call.params))


def delete(call: Call) -> Obj:
    _get(call)
    call.state.remove(DESTINATION, call.id)
    for event in call.state.events.values():
        event.pending_endpoints.discard(call.id)
    return {"id": call.id, "object": DESTINATION}


def enable(call: Call) -> Obj:
    destination = _get(call)
    destination |= {"status": "enabled", "status_details": None}
    return _touched(call, destination)


def disable(call: Call) -> Obj:
    destination = _get(call)
    destination |= {"status": "disabled", "status_details": {"disabled": {"reason": "user"}}}
    return _touched(call, destination)


def ping(call: Call) -> Obj:
    """Send this destination an event that says no more than that it is reached."""
    state, destination = call.state, _get(call)
    event = record(state, PING, destination, snapshot(destination))
    if event is None:
        raise invalid("The sandbox was told to generate no events.")
    enqueue(state, event, destination["id"])
    return full_event(thin_events(event)[0])


WRITABLE = "name description enabled_events metadata webhook_endpoint include"
ROUTES = [
    route("POST", URL, create, WRITABLE + " type event_payload events_from snapshot_api_version"),
    route("GET", URL, list_all, "limit page include"),
    route("GET", URL + "/{}", retrieve, "include"),
    route("POST", URL + "/{}", update, WRITABLE),
    route("DELETE", URL + "/{}", delete),
    route("POST", URL + "/{}/enable", enable, "include"),
    route("POST", URL + "/{}/disable", disable, "include"),
    route("POST", URL + "/{}/ping", ping),
]
