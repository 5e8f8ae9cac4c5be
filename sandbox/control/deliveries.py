"""Looking at deliveries, holding them back, sending them again, and breaking them."""

from __future__ import annotations

from dataclasses import asdict

from sandbox.errors import missing_object
from sandbox.faults import ApiFault
from sandbox.queueing import enqueue
from sandbox.routing import Call, route
from sandbox.state import Obj


def listed(call: Call) -> Obj:
    state = call.state
    return {
        "paused": state.paused,
        "queued": [
            {"event": d.event.id, "type": d.event.type, "endpoint": d.endpoint_id} for d in state.queue
        ],
        "waiting_for_retry": [
            {"event": d.event.id, "type": d.event.type, "tries": d.tries} for d in state.waiting.values()
        ],
        "sent": list(state.delivery_log),
        "faults": asdict(state.delivery_faults),
    }


def pause(call: Call) -> Obj:
    call.state.paused = True
    return {"paused": True, "queued": len(call.state.queue)}


def resume(call: Call) -> Obj:
    """What is queued goes out right after this call."""
    call.state.paused = False
    return {"paused": False, "queued": len(call.state.queue)}


def set_faults(call: Call) -> Obj:
    call.state.delivery_faults.change(call.params)
    return asdict(call.state.delivery_faults)


def redeliver(call: Call) -> Obj:
    """Send a recorded event again to every endpoint, whether it was taken before or not."""
    event = call.state.events.get(call.id)
    if event is None:
        raise missing_object("event", call.id)
    event.withheld = False
    return {"queued": enqueue(call.state, event)}


def withhold(call: Call) -> Obj:
    """The event stays listable but is not delivered until it is redelivered."""
    event = call.state.events.get(call.id)
    if event is None:
        raise missing_object("event", call.id)
    event.withheld = True
    return {"withheld": call.id}


def break_api(call: Call) -> Obj:
    """The next `count` matching calls fail: `{"kind": "429", "path": "/pay", "method": "POST"}`."""
    wanted = call.params
    fault = ApiFault(
        kind=str(wanted.get("kind", "500")),
        path=str(wanted.get("path", "")),
        method=str(wanted.get("method", "")),
        seconds=float(wanted.get("seconds", 0)),
    )
    call.state.api_faults.add(fault, int(wanted.get("count", 1)))
    return {"waiting": [asdict(entry) for entry in call.state.api_faults.waiting]}


def mend_api(call: Call) -> Obj:
    call.state.api_faults.waiting.clear()
    return {"waiting": []}


FLUSH_PATH = "/_control/deliveries/flush"

ROUTES = [
    route("GET", "/_control/deliveries", listed, None),
    route("POST", "/_control/deliveries/pause", pause, None),
    route("POST", "/_control/deliveries/resume", resume, None),
    route("POST", "/_control/deliveries/faults", set_faults, None),
    route("POST", "/_control/deliveries/redeliver/{}", redeliver, None),
    route("POST", "/_control/events/{}/withhold", withhold, None),
    route("POST", "/_control/api/faults", break_api, None),
    route("DELETE", "/_control/api/faults", mend_api, None),
]
