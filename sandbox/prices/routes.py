"""`/v1/prices`, and prices made inside other calls from `price_data`."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.errors import invalid, missing_param
from sandbox.events.record import changing, emit
from sandbox.parameters import (
    Params,
    choice,
    flag,
    given,
    integer,
    mapping,
    merged_metadata,
    required_text,
    sequence,
    text,
    within,
)
from sandbox.products.routes import new_product
from sandbox.routing import Call, route
from sandbox.state import Obj, State

INTERVALS = ("day", "week", "month", "year")
CREATE = (
    "currency unit_amount unit_amount_decimal product product_data recurring nickname lookup_key"
    " metadata active tax_behavior billing_scheme transfer_lookup_key custom_unit_amount"
)


def new_price(state: State, params: Params) -> Obj:
    """A stored price; its product by id or made from `product_data`."""
    if mapping(params, "product_data"):
        product_id = new_product(state, mapping(params, "product_data"))["id"]
    else:
        product_id = state.get("product", required_text(params, "product"), "product")["id"]
    amount = integer(params, "unit_amount")
    if amount is None:
        raise missing_param("unit_amount")
    price: Obj = {
        "id": state.new_id("price"),
        "object": "price",
        "active": flag(params, "active", True),
        "billing_scheme": "per_unit",
        "created": state.now,
        "currency": required_text(params, "currency").lower(),
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": text(params, "lookup_key"),
        "metadata": merged_metadata({}, params),
        "nickname": text(params, "nickname"),
        "product": product_id,
        "recurring": _recurring(mapping(params, "recurring")),
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if mapping(params, "recurring") else "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }
    emit(state, "price.created", price)
    return state.insert(price)


def _recurring(params: Params) -> Obj | None:
    if not params:
        return None
    interval = choice(params, "interval", INTERVALS)
    if interval is None:
        raise missing_param("recurring[interval]")
    return {
        "interval": interval,
        "interval_count": integer(params, "interval_count", 1),
        "meter": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }


def price_for_item(state: State, item: Params, name: str) -> Obj:
    """The recurring price a subscription item asks for."""
    if mapping(item, "price_data"):
        price = new_price(state, mapping(item, "price_data"))
    else:
        price = state.get("price", required_text(item, "price"), f"{name}[price]")
    if price["recurring"] is None:
        raise invalid("The price is not recurring.", param=f"{name}[price]")
    return price


def create(call: Call) -> Obj:
    return new_price(call.state, call.params)


def retrieve(call: Call) -> Obj:
    return call.state.get("price", call.id)


def update(call: Call) -> Obj:
    price = call.state.get("price", call.id)
    with changing(call.state, price, "price.updated"):
        for name in ("nickname", "lookup_key"):
            if given(call.params, name):
                price[name] = text(call.params, name)
        price["active"] = flag(call.params, "active", price["active"])
        price["metadata"] = merged_metadata(price["metadata"], call.params)
    return price


def list_all(call: Call) -> Obj:
    rows = [row for row in call.state.rows("price") if within(row["created"], call.params, "created")]
    for name in ("product", "currency", "type"):
        if given(call.params, name):
            rows = [row for row in rows if row[name] == text(call.params, name)]
    if given(call.params, "active"):
        rows = [row for row in rows if row["active"] == flag(call.params, "active")]
    keys = sequence(call.params, "lookup_keys")
    rows = [row for row in rows if not keys or row["lookup_key"] in keys]
    return listing(rows, call.params, "/v1/prices")


FILTERS = "limit starting_after ending_before product currency type active lookup_keys recurring created"
ROUTES = [
    route("POST", "/v1/prices", create, CREATE),
    route("GET", "/v1/prices", list_all, FILTERS),
    route("GET", "/v1/prices/{}", retrieve),
    route(
        "POST",
        "/v1/prices/{}",
        update,
        "nickname lookup_key active metadata tax_behavior transfer_lookup_key",
    ),
]
