"""Early fraud warnings: the card's bank says that a charge looks stolen, before any dispute."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.events.record import emit
from sandbox.parameters import text
from sandbox.routing import Call, route
from sandbox.state import Obj, State

KIND = "radar.early_fraud_warning"


def warn_of_fraud(state: State, charge: Obj) -> Obj:
    """A stored and announced warning about the charge."""
    warning: Obj = {
        "id": state.new_id("issfr"),
        "object": KIND,
        "actionable": True,
        "charge": charge["id"],
        "created": state.now,
        "fraud_type": "made_with_stolen_card",
        "livemode": False,
        "payment_intent": charge["payment_intent"],
    }
    state.insert(warning)
    emit(state, f"{KIND}.created", warning)
    return warning


def retrieve(call: Call) -> Obj:
    return call.state.get(KIND, call.id)


def list_all(call: Call) -> Obj:
    rows = call.state.rows(KIND)
    for name in ("charge", "payment_intent"):
        wanted = text(call.params, name)
        rows = [row for row in rows if wanted in (None, row[name])]
    return listing(rows, call.params, "/v1/radar/early_fraud_warnings")


ROUTES = [
    route(
        "GET",
        "/v1/radar/early_fraud_warnings",
        list_all,
        "limit starting_after ending_before charge payment_intent",
    ),
    route("GET", "/v1/radar/early_fraud_warnings/{}", retrieve),
]
