"""The product object."""

from __future__ import annotations

from sandbox.errors import invalid
from sandbox.events.record import emit
from sandbox.parameters import Params, flag, given, mapping, merged_metadata, required_text, sequence, text
from sandbox.state import Obj, State


def new_product(state: State, params: Params) -> Obj:
    """A stored product, announced. A wished id must be free."""
    wanted = text(params, "id")
    if wanted and state.find("product", wanted):
        raise invalid(f"Product already exists: {wanted}", param="id", code="resource_already_exists")
    product: Obj = {
        "id": wanted or state.new_id("prod"),
        "object": "product",
        "active": flag(params, "active", True),
        "created": state.now,
        "default_price": None,
        "description": text(params, "description"),
        "images": sequence(params, "images"),
        "livemode": False,
        "marketing_features": sequence(params, "marketing_features"),
        "metadata": merged_metadata({}, params),
        "name": required_text(params, "name"),
        "package_dimensions": mapping(params, "package_dimensions") or None,
        "shippable": flag(params, "shippable") if given(params, "shippable") else None,
        "statement_descriptor": text(params, "statement_descriptor"),
        "tax_code": text(params, "tax_code"),
        "type": text(params, "type", "service"),
        "unit_label": text(params, "unit_label"),
        "updated": state.now,
        "url": text(params, "url"),
    }
    emit(state, "product.created", product)
    return state.insert(product)
