"""`/v1/invoice_payments`: also the way from an intent or a charge back to its invoice."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.errors import invalid
from sandbox.parameters import mapping, text, within
from sandbox.routing import Call, route
from sandbox.state import Obj


def retrieve(call: Call) -> Obj:
    return call.state.get("invoice_payment", call.id)


def list_all(call: Call) -> Obj:
    rows = call.state.rows("invoice_payment")
    for name in ("invoice", "status"):
        wanted = text(call.params, name)
        rows = [row for row in rows if wanted in (None, row[name])]
    payment = mapping(call.params, "payment")
    if payment:
        kind = text(payment, "type")
        if kind not in ("payment_intent", "charge", "payment_record"):
            raise invalid("payment[type] must name what to look for.", param="payment[type]")
        rows = [row for row in rows if row["payment"].get(kind) == text(payment, kind)]
    rows = [row for row in rows if within(row["created"], call.params, "created")]
    return listing(rows, call.params, "/v1/invoice_payments")


FILTERS = "limit starting_after ending_before invoice payment status created"
ROUTES = [
    route("GET", "/v1/invoice_payments", list_all, FILTERS),
    route("GET", "/v1/invoice_payments/{}", retrieve),
]
