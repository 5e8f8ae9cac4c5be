"""Reading and moving the clock."""

from __future__ import annotations

from sandbox.clock import iso
from sandbox.routing import Call, route
from sandbox.state import Obj, State


def shown(state: State) -> Obj:
    upcoming = state.agenda.next_instant()
    return {
        "now": state.now,
        "iso": iso(state.now),
        "next": upcoming,
        "next_iso": iso(upcoming) if upcoming else None,
    }


def read(call: Call) -> Obj:
    return shown(call.state)


# Moving the clock sends deliveries between its steps, so the server carries it out without holding the lock.
MOVE_PATH = "/_control/clock"

ROUTES = [
    route("GET", "/_control/clock", read, None),
    route("GET", "/_control/clock/next", read, None),
]
