"""`/v1/products`."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.events.record import changing, emit
from sandbox.parameters import Params, flag, given, merged_metadata, required_text, sequence, text, within
from sandbox.routing import Call, route
from sandbox.state import Obj, State

WRITABLE = (
    "id name description active metadata images unit_label url statement_descriptor tax_code"
    " shippable default_price marketing_features default_price_data package_dimensions type"
)


def new_product(state: State, params: Params) -> Obj:
    product: Obj = {
        "id": text(params, "id") or state.new_id("prod"),
        "object": "product",
        "active": flag(params, "active", True),
        "created": state.now,
        "default_price": None,
        "description": text(params, "description"),
        "images": sequence(params, "images"),
        "livemode": False,
        "marketing_features": [],
        "metadata": merged_metadata({}, params),
        "name": required_text(params, "name"),
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": text(params, "statement_descriptor"),
        "tax_code": None,
        "type": "service",
        "unit_label": text(params, "unit_label"),
        "updated": state.now,
        "url": text(params, "url"),
    }
    emit(state, "product.created", product)
    return state.insert(product)


def create(call: Call) -> Obj:
    return new_product(call.state, call.params)


def retrieve(call: Call) -> Obj:
    return call.state.get("product", call.id)


def update(call: Call) -> Obj:
    product = call.state.get("product", call.id)
    with changing(call.state, product, "product.updated"):
        for name in ("name", "description", "unit_label", "url", "statement_descriptor", "default_price"):
            if given(call.params, name):
                product[name] = text(call.params, name)
        product["active"] = flag(call.params, "active", product["active"])
        product["metadata"] = merged_metadata(product["metadata"], call.params)
        product["updated"] = call.state.now
    return product


def list_all(call: Call) -> Obj:
    wanted = {str(value) for value in sequence(call.params, "ids")}
    rows = [row for row in call.state.rows("product") if not wanted or row["id"] in wanted]
    rows = [row for row in rows if within(row["created"], call.params, "created")]
    if given(call.params, "active"):
        rows = [row for row in rows if row["active"] == flag(call.params, "active")]
    return listing(rows, call.params, "/v1/products")


ROUTES = [
    route("POST", "/v1/products", create, WRITABLE),
    route("GET", "/v1/products", list_all, "limit starting_after ending_before active ids created"),
    route("GET", "/v1/products/{}", retrieve),
    route("POST", "/v1/products/{}", update, WRITABLE),
]
