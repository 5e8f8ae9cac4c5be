"""`/v1/webhook_endpoints`."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.errors import invalid, missing_param
from sandbox.parameters import flag, given, merged_metadata, required_text, sequence, text
from sandbox.queueing import endpoints
from sandbox.rendering.shapes import shape_of_version
from sandbox.routing import Call, route
from sandbox.state import Obj, State

MAX_ENDPOINTS = 16


def new_endpoint(
    state: State,
    url: str,
    *,
    enabled_events: list[str] | None = None,
    api_version: str | None = None,
    secret: str | None = None,
    shape: str | None = None,
) -> Obj:
    """A stored endpoint. Its shape follows its version unless `shape` (old, both, new, thin) says otherwise."""
    endpoint: Obj = {
        "id": state.new_id("we"),
        "object": "webhook_endpoint",
        "api_version": api_version,
        "application": None,
        "created": state.now,
        "description": None,
        "enabled_events": enabled_events or ["*"],
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": url,
    }
    state.hidden.endpoint_secrets[endpoint["id"]] = secret or f"whsec_{state.identifiers.token(32)}"
    state.hidden.endpoint_shapes[endpoint["id"]] = shape or shape_of_version(api_version)
    return state.insert(endpoint)


def refuse_too_many(state: State) -> None:
    """The provider lets an account have sixteen."""
    if len(endpoints(state)) >= MAX_ENDPOINTS:
        raise invalid(f"You have reached the maximum of {MAX_ENDPOINTS} test webhook endpoints.")


def create(call: Call) -> Obj:
    """The only answer that shows the secret."""
    events = sequence(call.params, "enabled_events")
    if not events:
        raise missing_param("enabled_events")
    refuse_too_many(call.state)
    endpoint = new_endpoint(
        call.state,
        required_text(call.params, "url"),
        enabled_events=[str(event) for event in events],
        api_version=text(call.params, "api_version"),
    )
    endpoint["description"] = text(call.params, "description")
    endpoint["metadata"] = merged_metadata({}, call.params)
    return {**endpoint, "secret": call.state.hidden.endpoint_secrets[endpoint["id"]]}


def retrieve(call: Call) -> Obj:
    return call.state.get("webhook_endpoint", call.id)


def update(call: Call) -> Obj:
    """Everything but the version, which is fixed at creation."""
    endpoint = call.state.get("webhook_endpoint", call.id)
    for name in ("url", "description"):
        if given(call.params, name):
            endpoint[name] = text(call.params, name)
    if given(call.params, "enabled_events"):
        endpoint["enabled_events"] = sequence(call.params, "enabled_events")
    if given(call.params, "disabled"):
        endpoint["status"] = "disabled" if flag(call.params, "disabled") else "enabled"
    endpoint["metadata"] = merged_metadata(endpoint["metadata"], call.params)
    return endpoint


def delete(call: Call) -> Obj:
    call.state.get("webhook_endpoint", call.id)
    call.state.remove("webhook_endpoint", call.id)
    for event in call.state.events.values():
        event.pending_endpoints.discard(call.id)
    return {"id": call.id, "object": "webhook_endpoint", "deleted": True}


def list_all(call: Call) -> Obj:
    return listing(call.state.rows("webhook_endpoint"), call.params, "/v1/webhook_endpoints")


ROUTES = [
    route(
        "POST", "/v1/webhook_endpoints", create, "url enabled_events api_version description metadata connect"
    ),
    route("GET", "/v1/webhook_endpoints", list_all, "limit starting_after ending_before"),
    route("GET", "/v1/webhook_endpoints/{}", retrieve),
    route("POST", "/v1/webhook_endpoints/{}", update, "url enabled_events description metadata disabled"),
    route("DELETE", "/v1/webhook_endpoints/{}", delete),
]
