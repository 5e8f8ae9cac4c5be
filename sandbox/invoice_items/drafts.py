"""From request parameters to what an item charges: an amount, a price, or a price made on the spot."""

from __future__ import annotations

from sandbox.errors import invalid, missing_param
from sandbox.invoice_items.objects import ItemDraft
from sandbox.invoices.amounts import price_of, rounded
from sandbox.parameters import (
    Params,
    flag,
    integer,
    mapping,
    merged_metadata,
    required_integer,
    required_text,
    text,
)
from sandbox.prices.routes import new_price
from sandbox.products.objects import new_product
from sandbox.state import Obj, State


def draft_from(state: State, params: Params, *, currency: str | None = None, name: str = "") -> ItemDraft:
    """The charge asked for. `currency` stands in where neither a price nor a parameter names one.

    `name` is the path of `params` inside the request, for errors.
    """
    quantity = integer(params, "quantity", 1)
    if quantity is None or quantity < 0:
        raise invalid("quantity must be a whole number of at least 0.", param=f"{name}quantity")
    price = _price(state, params, currency, name)
    given_amount = integer(params, "amount")
    amount = rounded(price_of(price, quantity)) if given_amount is None else given_amount
    product = state.get("product", price["product"])
    return ItemDraft(
        amount=amount,
        currency=price["currency"],
        description=text(params, "description") or (None if given_amount is not None else product["name"]),
        period=_period(params, state.now),
        price=price,
        quantity=1 if given_amount is not None else quantity,
        subscription=text(params, "subscription"),
        discountable=flag(params, "discountable", amount >= 0),
        metadata=merged_metadata({}, params),
    )


def _price(state: State, params: Params, currency: str | None, name: str) -> Obj:
    """The one-time price behind the item; amounts get an inactive one of their own, as at the provider."""
    named = text(mapping(params, "pricing"), "price") or text(params, "price")
    if named:
        price = state.get("price", named, f"{name}pricing[price]")
        if price["recurring"]:
            message = "The price specified is set to `type=recurring`; an invoice item takes one-time prices."
            raise invalid(message, param=f"{name}pricing[price]")
        return price
    if mapping(params, "price_data"):
        return inline_price(state, mapping(params, "price_data"))
    wanted = text(params, "currency") or currency
    amount = integer(params, "amount")
    decimal = text(params, "unit_amount_decimal") or text(params, "unit_amount")
    if amount is None and decimal is None:
        raise missing_param(f"{name}amount")
    if wanted is None:
        raise missing_param(f"{name}currency")
    label = text(params, "description") or "Invoice item"
    money = {"unit_amount": amount} if decimal is None else {"unit_amount_decimal": decimal}
    return inline_price(state, {"currency": wanted, "product_data": {"name": label}, **money})


def inline_price(state: State, data: Params) -> Obj:
    """A price for one use: it exists, but is inactive, and nobody is told of it."""
    with state.silently():
        fresh = mapping(data, "product_data")
        product = (
            new_product(state, {**fresh, "active": "false"})["id"]
            if fresh
            else required_text(data, "product")
        )
        wanted = {key: value for key, value in data.items() if key not in ("product_data", "recurring")}
        return new_price(state, {**wanted, "product": product, "active": "false"})


def _period(params: Params, now: int) -> tuple[int, int]:
    period = mapping(params, "period")
    if not period:
        return now, now
    start, end = required_integer(period, "start"), required_integer(period, "end")
    if end < start:
        raise invalid("The period must not end before it starts.", param="period[end]")
    return start, end
