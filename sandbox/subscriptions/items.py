"""Editing the set of items of a subscription."""

from __future__ import annotations

from copy import deepcopy

from sandbox.coupons.discounting import new_discounts
from sandbox.errors import invalid, missing_object
from sandbox.parameters import Params, flag, given, integer, mapping, merged_metadata, sequence, text
from sandbox.prices.routes import price_for_item
from sandbox.rendering.plans import plan_of
from sandbox.state import Obj, State
from sandbox.subscriptions.objects import common_currency, new_item
from sandbox.subscriptions.proration import Swap


def edit_items(state: State, subscription: Obj, entries: list[Params]) -> list[Swap]:
    """Change, add and remove items as asked; gives those whose price or quantity is another now."""
    items = subscription["items"]["data"]
    period = (items[0]["current_period_start"], items[0]["current_period_end"])
    swaps = []
    for number, entry in enumerate(entries):
        name = f"items[{number}]"
        found = _named_item(items, text(entry, "id"), name)
        before = deepcopy(found)
        if found is None:
            after = new_item(state, subscription["id"], entry, name, period)
            _refuse_twins(items, after, name)
            items.append(after)
            swaps.append(Swap(None, after))
        elif flag(entry, "deleted"):
            items.remove(found)
            swaps.append(Swap(before, None))
        else:
            _edit(state, found, entry, name)
            if before and (before["price"]["id"], before["quantity"]) != (
                found["price"]["id"],
                found["quantity"],
            ):
                swaps.append(Swap(before, found))
    if not items:
        raise invalid("A subscription must have at least one active plan.", param="items")
    if common_currency(items) != subscription["currency"]:
        raise invalid("The currency of a subscription cannot change.", param="items")
    subscription["items"]["total_count"] = len(items)
    return swaps


def _named_item(items: list[Obj], item_id: str | None, name: str) -> Obj | None:
    if item_id is None:
        return None
    for item in items:
        if item["id"] == item_id:
            return item
    raise missing_object("subscription_item", item_id, f"{name}[id]")


def _refuse_twins(items: list[Obj], added: Obj, name: str) -> None:
    if any(item["price"]["id"] == added["price"]["id"] for item in items):
        message = "Cannot add multiple subscription items with the same plan; change the quantity of the present one."
        raise invalid(message, param=f"{name}[price]")


def _edit(state: State, item: Obj, entry: Params, name: str) -> None:
    if text(entry, "price") or text(entry, "plan") or mapping(entry, "price_data"):
        price = price_for_item(state, entry, name)
        item["price"], item["plan"] = dict(price), plan_of(price)
    item["quantity"] = integer(entry, "quantity", item["quantity"])
    if given(entry, "discounts"):
        item["discounts"] = new_discounts(state, sequence(entry, "discounts"), item)
    item["metadata"] = merged_metadata(item["metadata"], entry)
