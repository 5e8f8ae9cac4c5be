"""`/v1/subscription_items`. Each change is an update of the subscription that holds the item."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.errors import missing_object
from sandbox.parameters import Params, required_text
from sandbox.routing import Call, route
from sandbox.state import Obj, State
from sandbox.subscriptions.changing import change_subscription
from sandbox.timelines import timeline_of_call

ITEM = ("price", "plan", "price_data", "quantity", "metadata", "discounts")
WRITABLE = (
    "price plan price_data quantity metadata discounts"
    " proration_behavior proration_date payment_behavior tax_rates"
)


def create(call: Call) -> Obj:
    state = call.state
    subscription = state.get("subscription", required_text(call.params, "subscription"), "subscription")
    known = {item["id"] for item in subscription["items"]["data"]}
    _change(state, subscription, _entry(call.params), call.params)
    added: Obj = next(item for item in subscription["items"]["data"] if item["id"] not in known)
    return added


def retrieve(call: Call) -> Obj:
    return _found(call.state, call.id)[1]


def update(call: Call) -> Obj:
    subscription, item = _found(call.state, call.id)
    _change(call.state, subscription, {**_entry(call.params), "id": call.id}, call.params)
    return item


def delete(call: Call) -> Obj:
    subscription, _ = _found(call.state, call.id)
    _change(call.state, subscription, {"id": call.id, "deleted": "true"}, call.params)
    return {"id": call.id, "object": "subscription_item", "deleted": True}


def list_all(call: Call) -> Obj:
    subscription = call.state.get("subscription", required_text(call.params, "subscription"), "subscription")
    return listing(subscription["items"]["data"], call.params, "/v1/subscription_items")


def _entry(params: Params) -> Params:
    return {name: params[name] for name in ITEM if name in params}


def _found(state: State, item_id: str) -> tuple[Obj, Obj]:
    """The subscription that holds the item, and the item."""
    for subscription in state.rows("subscription"):
        for item in subscription["items"]["data"]:
            if item["id"] == item_id:
                return subscription, item
    raise missing_object("subscription_item", item_id)


def _change(state: State, subscription: Obj, entry: Params, params: Params) -> None:
    """On the timeline of the subscription, as an item's id alone does not lead to a test clock."""
    how = ("proration_behavior", "proration_date", "payment_behavior")
    wanted = {"items": [entry], **{name: params[name] for name in how if name in params}}
    with state.on(timeline_of_call(state, (subscription["id"],), {})):
        change_subscription(state, subscription, wanted)


ROUTES = [
    route("POST", "/v1/subscription_items", create, WRITABLE + " subscription"),
    route("GET", "/v1/subscription_items", list_all, "limit starting_after ending_before subscription"),
    route("GET", "/v1/subscription_items/{}", retrieve),
    route("POST", "/v1/subscription_items/{}", update, WRITABLE + " off_session"),
    route(
        "DELETE",
        "/v1/subscription_items/{}",
        delete,
        "proration_behavior proration_date payment_behavior clear_usage",
    ),
]
