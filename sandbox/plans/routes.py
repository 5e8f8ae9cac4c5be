"""`/v1/plans`: every recurring price, seen as a plan. Nothing is stored but the price."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.errors import invalid, missing_object, missing_param
from sandbox.events.record import emit
from sandbox.parameters import Params, flag, given, mapping, merged_metadata, text, within
from sandbox.prices.routes import changing_price, new_price
from sandbox.products.objects import new_product
from sandbox.rendering.plans import plan_of
from sandbox.routing import Call, route
from sandbox.state import Obj, State

CREATE = (
    "id currency interval interval_count product amount amount_decimal active billing_scheme metadata nickname"
    " trial_period_days usage_type"
)


def create(call: Call) -> Obj:
    state, params = call.state, call.params
    wanted = text(params, "id")
    if wanted and state.find("price", wanted):
        raise invalid("Plan already exists.", param="id", code="resource_already_exists")
    rhythm = ("interval", "interval_count", "trial_period_days", "usage_type")
    same = ("currency", "active", "billing_scheme", "metadata", "nickname")
    price = new_price(
        state,
        {
            **{name: params[name] for name in same if name in params},
            **_amount(params),
            "product": _product(state, params),
            "recurring": {name: params[name] for name in rhythm if name in params},
        },
        price_id=wanted or state.new_id("plan"),
    )
    return plan_of(price)


def _amount(params: Params) -> Params:
    for name in ("amount", "amount_decimal"):
        if given(params, name):
            return {f"unit_{name}": params[name]}
    raise missing_param("amount")


def _product(state: State, params: Params) -> str:
    """The id given, or that of a product made from the hash given."""
    if isinstance(params.get("product"), dict):
        return str(new_product(state, mapping(params, "product"))["id"])
    wanted = text(params, "product")
    if wanted is None:
        raise missing_param("product")
    return wanted


def _price(call: Call) -> Obj:
    price = call.state.find("price", call.id)
    if price is None or price["recurring"] is None:
        raise missing_object("plan", call.id)
    return price


def retrieve(call: Call) -> Obj:
    return plan_of(_price(call))


def update(call: Call) -> Obj:
    price = _price(call)
    with changing_price(call.state, price):
        if given(call.params, "nickname"):
            price["nickname"] = text(call.params, "nickname")
        if given(call.params, "product"):
            price["product"] = call.state.get("product", str(call.params["product"]), "product")["id"]
        if given(call.params, "trial_period_days"):
            price["recurring"]["trial_period_days"] = int(call.params["trial_period_days"])
        price["active"] = flag(call.params, "active", price["active"])
        price["metadata"] = merged_metadata(price["metadata"], call.params)
    return plan_of(price)


def delete(call: Call) -> Obj:
    """No new subscriptions to it; the ones that run keep their copy."""
    price = _price(call)
    call.state.remove("price", call.id)
    emit(call.state, "plan.deleted", plan_of(price))
    emit(call.state, "price.deleted", price)
    return {"id": call.id, "object": "plan", "deleted": True}


def list_all(call: Call) -> Obj:
    rows = [plan_of(row) for row in call.state.rows("price") if row["recurring"]]
    rows = [row for row in rows if within(row["created"], call.params, "created")]
    if given(call.params, "product"):
        rows = [row for row in rows if row["product"] == text(call.params, "product")]
    if given(call.params, "active"):
        rows = [row for row in rows if row["active"] == flag(call.params, "active")]
    return listing(rows, call.params, "/v1/plans")


ROUTES = [
    route("POST", "/v1/plans", create, CREATE),
    route("GET", "/v1/plans", list_all, "limit starting_after ending_before active created product"),
    route("GET", "/v1/plans/{}", retrieve),
    route("POST", "/v1/plans/{}", update, "active metadata nickname product trial_period_days"),
    route("DELETE", "/v1/plans/{}", delete),
]
