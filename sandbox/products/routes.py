"""`/v1/products`."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.errors import invalid
from sandbox.events.record import changing, emit
from sandbox.parameters import flag, given, mapping, merged_metadata, sequence, text, within
from sandbox.prices.routes import new_price
from sandbox.products.objects import new_product
from sandbox.routing import Call, route
from sandbox.state import Obj

WRITABLE = (
    "id name description active metadata images unit_label url statement_descriptor tax_code"
    " shippable default_price marketing_features default_price_data package_dimensions type"
)


def create(call: Call) -> Obj:
    """Also with its default price in one call."""
    product = new_product(call.state, call.params)
    data = mapping(call.params, "default_price_data")
    if data:
        price = new_price(call.state, {**data, "product": product["id"]})
        with changing(call.state, product, "product.updated"):
            product["default_price"] = price["id"]
    return product


def retrieve(call: Call) -> Obj:
    return call.state.get("product", call.id)


def update(call: Call) -> Obj:
    product = call.state.get("product", call.id)
    with changing(call.state, product, "product.updated"):
        for name in ("name", "description", "unit_label", "url", "statement_descriptor", "tax_code"):
            if given(call.params, name):
                product[name] = text(call.params, name)
        if given(call.params, "default_price"):
            product["default_price"] = _own_price(call, text(call.params, "default_price"))
        for name in ("images", "marketing_features"):
            if given(call.params, name):
                product[name] = sequence(call.params, name)
        product["active"] = flag(call.params, "active", product["active"])
        product["metadata"] = merged_metadata(product["metadata"], call.params)
        product["updated"] = call.state.now
    return product


def _own_price(call: Call, price_id: str | None) -> str | None:
    if price_id and call.state.get("price", price_id, "default_price")["product"] != call.id:
        raise invalid("The price belongs to another product.", param="default_price")
    return price_id


def delete(call: Call) -> Obj:
    """Only while it has no prices, as they would be left without a name."""
    product = call.state.get("product", call.id)
    if any(price["product"] == call.id for price in call.state.rows("price")):
        message = "This product cannot be deleted because it has one or more user-created prices."
        raise invalid(message, param="id")
    call.state.remove("product", call.id)
    emit(call.state, "product.deleted", product)
    return {"id": call.id, "object": "product", "deleted": True}


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
    route("DELETE", "/v1/products/{}", delete),
]
