"""`/v1/charges`: read only, charges are made by payment intents."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.parameters import text, within
from sandbox.routing import Call, route
from sandbox.state import Obj


def retrieve(call: Call) -> Obj:
    return call.state.get("charge", call.id)


def list_all(call: Call) -> Obj:
    rows = [row for row in call.state.rows("charge") if within(row["created"], call.params, "created")]
    for name in ("customer", "payment_intent"):
        wanted = text(call.params, name)
        rows = [row for row in rows if wanted in (None, row[name])]
    return listing(rows, call.params, "/v1/charges")


ROUTES = [
    route(
        "GET", "/v1/charges", list_all, "limit starting_after ending_before customer payment_intent created"
    ),
    route("GET", "/v1/charges/{}", retrieve),
]
