"""`/v1/coupons`, and taking discounts off customers and subscriptions."""

from __future__ import annotations

from sandbox.coupons.ending import clear_customer_discount, clear_subscription_discounts
from sandbox.coupons.objects import new_coupon, refreshed
from sandbox.cursors import listing
from sandbox.errors import invalid
from sandbox.events.record import changing, emit
from sandbox.parameters import given, merged_metadata, text, within
from sandbox.routing import Call, route
from sandbox.state import Obj

CREATE = (
    "id percent_off amount_off currency duration duration_in_months name metadata max_redemptions"
    " redeem_by applies_to currency_options"
)


def create(call: Call) -> Obj:
    coupon = new_coupon(call.state, call.params)
    emit(call.state, "coupon.created", coupon)
    return coupon


def retrieve(call: Call) -> Obj:
    return refreshed(call.state, call.state.get("coupon", call.id))


def update(call: Call) -> Obj:
    """Only the name and metadata: terms never change under those who redeemed them."""
    coupon = call.state.get("coupon", call.id)
    with changing(call.state, coupon, "coupon.updated"):
        if given(call.params, "name"):
            coupon["name"] = text(call.params, "name")
        coupon["metadata"] = merged_metadata(coupon["metadata"], call.params)
    return coupon


def delete(call: Call) -> Obj:
    """Nobody can redeem it any more; running discounts go on."""
    state, coupon = call.state, call.state.get("coupon", call.id)
    state.remove("coupon", coupon["id"])
    coupon["valid"] = False
    state.objects["deleted_coupon"][coupon["id"]] = coupon
    emit(state, "coupon.deleted", coupon)
    return {"id": call.id, "object": "coupon", "deleted": True}


def list_all(call: Call) -> Obj:
    rows = [row for row in call.state.rows("coupon") if within(row["created"], call.params, "created")]
    return listing([refreshed(call.state, row) for row in rows], call.params, "/v1/coupons")


def delete_subscription_discount(call: Call) -> Obj:
    return _deleted(clear_subscription_discounts(call.state, call.state.get("subscription", call.id)))


def delete_customer_discount(call: Call) -> Obj:
    return _deleted(clear_customer_discount(call.state, call.state.get("customer", call.id)))


def _deleted(discount_id: str) -> Obj:
    if not discount_id:
        raise invalid("No active discount.", code="resource_missing", status=404)
    return {"id": discount_id, "object": "discount", "deleted": True}


ROUTES = [
    route("POST", "/v1/coupons", create, CREATE),
    route("GET", "/v1/coupons", list_all, "limit starting_after ending_before created"),
    route("GET", "/v1/coupons/{}", retrieve),
    route("POST", "/v1/coupons/{}", update, "name metadata currency_options"),
    route("DELETE", "/v1/coupons/{}", delete),
    route("DELETE", "/v1/subscriptions/{}/discount", delete_subscription_discount),
    route("DELETE", "/v1/customers/{}/discount", delete_customer_discount),
]
