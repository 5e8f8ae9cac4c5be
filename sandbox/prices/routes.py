"""`/v1/prices`, and prices made inside other calls from `price_data`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation

from sandbox.cursors import listing
from sandbox.errors import invalid, missing_param
from sandbox.events.record import changing, emit, snapshot
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
from sandbox.products.objects import new_product
from sandbox.rendering.plans import plan_of
from sandbox.routing import Call, route
from sandbox.state import Obj, State

INTERVALS = ("day", "week", "month", "year")
CREATE = (
    "currency unit_amount unit_amount_decimal product product_data recurring nickname lookup_key"
    " metadata active tax_behavior billing_scheme transfer_lookup_key custom_unit_amount"
)


def new_price(state: State, params: Params, *, price_id: str | None = None) -> Obj:
    """A stored price; its product by id or made from `product_data`. A recurring one is a plan as well."""
    if mapping(params, "product_data"):
        product_id = new_product(state, mapping(params, "product_data"))["id"]
    else:
        product_id = state.get("product", required_text(params, "product"), "product")["id"]
    amount, decimal = _amount(params)
    recurring = _recurring(mapping(params, "recurring"))
    price: Obj = {
        "id": price_id or state.new_id("price"),
        "object": "price",
        "active": flag(params, "active", True),
        "billing_scheme": choice(params, "billing_scheme", ("per_unit",), "per_unit"),
        "created": state.now,
        "currency": required_text(params, "currency").lower(),
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": _free_lookup_key(state, params),
        "metadata": merged_metadata({}, params),
        "nickname": text(params, "nickname"),
        "product": product_id,
        "recurring": recurring,
        "tax_behavior": text(params, "tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": decimal,
    }
    if recurring:
        emit(state, "plan.created", plan_of(price))
    emit(state, "price.created", price)
    return state.insert(price)


def _amount(params: Params) -> tuple[int | None, str]:
    """The unit price as whole minor units (None where it is broken) and as decimal text."""
    decimal = text(params, "unit_amount_decimal")
    if decimal is None:
        amount = integer(params, "unit_amount")
        if amount is None:
            raise missing_param("unit_amount")
        return amount, str(amount)
    if text(params, "unit_amount") is not None:
        raise invalid("Give only one of unit_amount and unit_amount_decimal.", param="unit_amount_decimal")
    try:
        exact = Decimal(decimal)
    except InvalidOperation:
        raise invalid(f"Invalid decimal: {decimal}", param="unit_amount_decimal") from None
    return (int(exact) if exact == exact.to_integral_value() else None), f"{exact.normalize():f}"


def _recurring(params: Params) -> Obj | None:
    if not params:
        return None
    interval = choice(params, "interval", INTERVALS)
    if interval is None:
        raise missing_param("recurring[interval]")
    if choice(params, "usage_type", ("licensed", "metered"), "licensed") == "metered":
        raise invalid("The sandbox bills no usage; only licensed prices work.", param="recurring[usage_type]")
    return {
        "interval": interval,
        "interval_count": integer(params, "interval_count", 1),
        "meter": None,
        "trial_period_days": integer(params, "trial_period_days"),
        "usage_type": "licensed",
    }


def _free_lookup_key(state: State, params: Params, price: Obj | None = None) -> str | None:
    """The wished key, taken off its former price on `transfer_lookup_key`; refused while another has it."""
    wanted = text(params, "lookup_key")
    holder = next((row for row in state.rows("price") if wanted and row["lookup_key"] == wanted), None)
    if holder is not None and holder is not price:
        if not flag(params, "transfer_lookup_key"):
            message = f"A price (`{holder['id']}`) already uses that lookup key."
            raise invalid(message, param="lookup_key")
        with changing(state, holder, "price.updated"):
            holder["lookup_key"] = None
    return wanted


def price_for_item(state: State, item: Params, name: str) -> Obj:
    """The recurring price a subscription item asks for, also under its old name of plan."""
    wanted = text(item, "price") or text(item, "plan")
    if mapping(item, "price_data"):
        price = new_price(state, mapping(item, "price_data"))
    else:
        price = state.get("price", wanted or required_text(item, "price"), f"{name}[price]")
    if price["recurring"] is None:
        raise invalid("The price is not recurring.", param=f"{name}[price]")
    return price


def refuse_archived(state: State, entries: list[Params], known: Collection[str] = ()) -> None:
    """A price that was archived can go on where it is in use (`known`), and be taken anew nowhere."""
    for entry in entries:
        price = state.find("price", text(entry, "price") or text(entry, "plan"))
        if price is not None and not price["active"] and price["id"] not in known:
            raise invalid(
                "The price specified is inactive. This field only accepts active prices.", param="price"
            )


def create(call: Call) -> Obj:
    return new_price(call.state, call.params)


def retrieve(call: Call) -> Obj:
    return call.state.get("price", call.id)


@contextmanager
def changing_price(state: State, price: Obj) -> Iterator[None]:
    """Announce a change of the price, and of the plan that a recurring one is as well."""
    before = snapshot(plan_of(price)) if price["recurring"] else None
    with changing(state, price, "price.updated"):
        yield
    if before is not None and snapshot(plan_of(price)) != before:
        emit(state, "plan.updated", plan_of(price), before)


def update(call: Call) -> Obj:
    price = call.state.get("price", call.id)
    with changing_price(call.state, price):
        if given(call.params, "lookup_key"):
            price["lookup_key"] = _free_lookup_key(call.state, call.params, price)
        for name in ("nickname", "tax_behavior"):
            if given(call.params, name):
                price[name] = text(call.params, name)
        price["active"] = flag(call.params, "active", price["active"])
        price["metadata"] = merged_metadata(price["metadata"], call.params)
    return price


def list_all(call: Call) -> Obj:
    rows = [row for row in call.state.rows("price") if within(row["created"], call.params, "created")]
    rhythm = mapping(call.params, "recurring")
    for name in ("interval", "usage_type"):
        if given(rhythm, name):
            rows = [row for row in rows if row["recurring"] and row["recurring"][name] == text(rhythm, name)]
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
