"""Taking discounts off: by hand, or because their months are over."""

from __future__ import annotations

from sandbox.events.record import changing, emit
from sandbox.state import Obj, State


def end_discount(state: State, discount_id: str) -> None:
    """An agenda step: a repeating discount has run out."""
    discount = state.find("discount", discount_id)
    if discount is None or discount["end"] is None or discount["end"] > state.now:
        return
    if discount["subscription"]:
        subscription = state.find("subscription", discount["subscription"])
        if subscription:
            with changing(state, subscription, "customer.subscription.updated"):
                found = _take_from(subscription, discount)
            if found:
                emit(state, "customer.discount.deleted", discount)
        return
    customer = state.find("customer", discount["customer"])
    if customer and (customer["discount"] or {}).get("id") == discount_id:
        clear_customer_discount(state, customer)


def _take_from(subscription: Obj, discount: Obj) -> bool:
    """Take the discount off the subscription or its item; whether it was there."""
    holders = [subscription, *subscription["items"]["data"]]
    found = [holder for holder in holders if discount["id"] in holder["discounts"]]
    for holder in found:
        holder["discounts"] = [row for row in holder["discounts"] if row != discount["id"]]
    return bool(found)


def clear_subscription_discounts(state: State, subscription: Obj) -> str:
    """All discounts of the subscription itself end now; gives the id of the last one, empty if there was none."""
    ended = ""
    for discount_id in subscription["discounts"]:
        emit(state, "customer.discount.deleted", state.get("discount", discount_id))
        ended = discount_id
    with changing(state, subscription, "customer.subscription.updated"):
        subscription["discounts"] = []
    return ended


def clear_customer_discount(state: State, customer: Obj) -> str:
    """The customer's own discount ends now; gives its id, empty if there was none."""
    discount = customer["discount"]
    if discount is None:
        return ""
    with changing(state, customer, "customer.updated"):
        customer["discount"] = None
    emit(state, "customer.discount.deleted", discount)
    return str(discount["id"])
