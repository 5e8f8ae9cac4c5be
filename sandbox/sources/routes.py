"""`/v1/customers/{}/sources`."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.events.record import changing
from sandbox.parameters import given, integer, merged_metadata
from sandbox.routing import Call, route
from sandbox.sources.objects import ADDRESS, add_source, follow, remove_source, source_named, wanted_text
from sandbox.state import Obj


def create(call: Call) -> Obj:
    return add_source(call.state, call.state.get("customer", call.id), call.params)


def retrieve(call: Call) -> Obj:
    return source_named(call.state, call.id, call.ids[1])


def update(call: Call) -> Obj:
    card = source_named(call.state, call.id, call.ids[1])
    with changing(call.state, card, "customer.source.updated"):
        card["metadata"] = merged_metadata(card["metadata"], call.params)
        for name in ("name", *ADDRESS):
            card[name] = wanted_text(call.params, name, card[name])
        for name in ("exp_month", "exp_year"):
            if given(call.params, name):
                card[name] = integer(call.params, name)
        follow(call.state, card)
    return card


def delete(call: Call) -> Obj:
    card = source_named(call.state, call.id, call.ids[1])
    remove_source(call.state, call.state.get("customer", call.id), card)
    return {"id": card["id"], "object": "card", "deleted": True}


def list_all(call: Call) -> Obj:
    call.state.get("customer", call.id)
    rows = [row for row in call.state.rows("card") if row["customer"] == call.id]
    return listing(rows, call.params, f"/v1/customers/{call.id}/sources")


UPDATE = " ".join(["metadata", "name", "exp_month", "exp_year", *ADDRESS])
ROUTES = [
    route("POST", "/v1/customers/{}/sources", create, "source metadata validate"),
    route("GET", "/v1/customers/{}/sources", list_all, "limit starting_after ending_before object"),
    route("GET", "/v1/customers/{}/sources/{}", retrieve),
    route("POST", "/v1/customers/{}/sources/{}", update, UPDATE),
    route("DELETE", "/v1/customers/{}/sources/{}", delete),
]
