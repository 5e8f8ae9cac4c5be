"""A session's line items and what they add up to."""

from __future__ import annotations

from typing import Any

from sandbox.coupons.discounting import coupon_takes
from sandbox.coupons.objects import terms_of
from sandbox.errors import invalid, missing_param
from sandbox.invoices.amounts import spread
from sandbox.parameters import Params, flag, given, integer, mapping, merged_metadata, text
from sandbox.prices.routes import new_price
from sandbox.state import Obj, State


def new_lines(state: State, session_id: str, entries: list[Any], mode: str) -> list[Obj]:
    """Stored line items from `line_items`; a subscription needs a recurring price, a payment takes none."""
    lines = [_line(state, entry, f"line_items[{number}]") for number, entry in enumerate(entries)]
    if len({line["currency"] for line in lines}) > 1:
        raise invalid("All line items must use one currency.", param="line_items")
    recurring = [line for line in lines if line["price"]["type"] == "recurring"]
    if mode == "payment" and recurring:
        raise invalid("You must provide one-time prices in payment mode.", param="line_items")
    if mode == "subscription" and not recurring:
        raise invalid("You must provide at least one recurring price in subscription mode.", param="mode")
    state.hidden.session_lines[session_id] = lines
    return lines


def _line(state: State, entry: Any, name: str) -> Obj:
    if not isinstance(entry, dict):
        raise invalid("Invalid line_items: each entry is a hash.", param=name)
    if given(entry, "price_data"):
        price = new_price(state, {**mapping(entry, "price_data"), "active": "false"})
    else:
        wanted = text(entry, "price")
        if wanted is None:
            raise missing_param(f"{name}[price]")
        price = state.get("price", wanted, f"{name}[price]")
        if not price["active"]:
            raise invalid("The price is inactive and cannot be bought.", param=f"{name}[price]")
    quantity = integer(entry, "quantity")
    if quantity is None or quantity < 1:
        raise missing_param(f"{name}[quantity]")
    amount = int(price["unit_amount"] or 0) * quantity
    product = state.get("product", price["product"])
    line: Obj = {
        "id": state.new_id("li"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": product["name"],
        "metadata": merged_metadata({}, entry),
        "price": dict(price),
        "quantity": quantity,
    }
    adjustable = mapping(entry, "adjustable_quantity")
    if adjustable:
        line["adjustable_quantity"] = {
            "enabled": flag(adjustable, "enabled"),
            "maximum": integer(adjustable, "maximum", 99),
            "minimum": integer(adjustable, "minimum", 0),
        }
    return line


def lines_of(state: State, session_id: str) -> list[Obj]:
    """In the order in which they were given; none for a session that saves a card."""
    return state.hidden.session_lines.get(session_id, [])


def list_url(session_id: str) -> str:
    return f"/v1/checkout/sessions/{session_id}/line_items"


def add_up(state: State, session: Obj, *, free_trial: bool) -> None:
    """Write the totals onto lines and session: discounts shared out, recurring lines free in a trial."""
    lines = lines_of(state, session["id"])
    for line in lines:
        free = free_trial and line["price"]["type"] == "recurring"
        full = int(line["price"]["unit_amount"] or 0) * line["quantity"]
        line |= {"amount_subtotal": 0 if free else full, "amount_discount": 0}
    for entry in session["discounts"]:
        _take_off(state, session, lines, entry)
    for line in lines:
        line["amount_total"] = line["amount_subtotal"] - line["amount_discount"]
    subtotal = sum(line["amount_subtotal"] for line in lines)
    off = sum(line["amount_discount"] for line in lines)
    session |= {
        "amount_subtotal": subtotal,
        "amount_total": subtotal - off,
        "total_details": {"amount_discount": off, "amount_shipping": 0, "amount_tax": 0},
    }


def _take_off(state: State, session: Obj, lines: list[Obj], entry: Params) -> None:
    coupon_id = entry["coupon"] or state.get("promotion_code", entry["promotion_code"])["promotion"]["coupon"]
    coupon = state.get("coupon", coupon_id)
    products = (terms_of(state, coupon_id)["applies_to"] or {}).get("products")
    bases = [
        line["amount_subtotal"] - line["amount_discount"]
        if products is None or line["price"]["product"] in products
        else 0
        for line in lines
    ]
    total = coupon_takes(state, coupon, sum(bases), session["currency"])
    for line, piece in zip(lines, spread(total, bases), strict=True):
        line["amount_discount"] += piece
