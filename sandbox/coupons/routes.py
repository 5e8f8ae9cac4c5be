"""`/v1/coupons`, and the discount on a subscription."""

from __future__ import annotations

from sandbox.cursors import listing
from sandbox.errors import invalid, missing_param
from sandbox.events.record import changing, emit
from sandbox.parameters import choice, given, integer, merged_metadata, text
from sandbox.routing import Call, route
from sandbox.state import Obj

CREATE = (
    "id percent_off amount_off currency duration duration_in_months name metadata max_redemptions"
    " redeem_by applies_to currency_options"
)


def create(call: Call) -> Obj:
    params = call.params
    percent, amount = text(params, "percent_off"), integer(params, "amount_off")
    if (percent is None) == (amount is None):
        raise invalid("Give exactly one of percent_off and amount_off.", param="percent_off")
    duration = choice(params, "duration", ("forever", "once", "repeating"), "once")
    months = integer(params, "duration_in_months")
    if duration == "repeating" and not months:
        raise missing_param("duration_in_months")
    coupon_id = text(params, "id") or call.state.identifiers.token(8)
    if call.state.find("coupon", coupon_id):
        raise invalid(f"Coupon already exists: {coupon_id}", param="id", code="resource_already_exists")
    coupon: Obj = {
        "id": coupon_id,
        "object": "coupon",
        "amount_off": amount,
        "created": call.state.now,
        "currency": text(params, "currency"),
        "duration": duration,
        "duration_in_months": months,
        "livemode": False,
        "max_redemptions": integer(params, "max_redemptions"),
        "metadata": merged_metadata({}, params),
        "name": text(params, "name"),
        "percent_off": None if percent is None else float(percent),
        "redeem_by": integer(params, "redeem_by"),
        "times_redeemed": 0,
        "valid": True,
    }
    emit(call.state, "coupon.created", coupon)
    return call.state.insert(coupon)


def retrieve(call: Call) -> Obj:
    return call.state.get("coupon", call.id)


def update(call: Call) -> Obj:
    coupon = call.state.get("coupon", call.id)
    with changing(call.state, coupon, "coupon.updated"):
        if given(call.params, "name"):
            coupon["name"] = text(call.params, "name")
        coupon["metadata"] = merged_metadata(coupon["metadata"], call.params)
    return coupon


def delete(call: Call) -> Obj:
    """Running discounts keep the terms of a deleted coupon, so it is only made invalid here."""
    coupon = call.state.get("coupon", call.id)
    coupon["valid"] = False
    emit(call.state, "coupon.deleted", coupon)
    return {"id": call.id, "object": "coupon", "deleted": True}


def list_all(call: Call) -> Obj:
    return listing(call.state.rows("coupon"), call.params, "/v1/coupons")


def delete_discount(call: Call) -> Obj:
    """All discounts of a subscription end now."""
    subscription = call.state.get("subscription", call.id)
    ended = {"id": "", "object": "discount", "deleted": True}
    for discount_id in subscription["discounts"]:
        emit(call.state, "customer.discount.deleted", call.state.get("discount", discount_id))
        ended["id"] = discount_id
    with changing(call.state, subscription, "customer.subscription.updated"):
        subscription["discounts"] = []
    return ended


ROUTES = [
    route("POST", "/v1/coupons", create, CREATE),
    route("GET", "/v1/coupons", list_all, "limit starting_after ending_before created"),
    route("GET", "/v1/coupons/{}", retrieve),
    route("POST", "/v1/coupons/{}", update, "name metadata currency_options"),
    route("DELETE", "/v1/coupons/{}", delete),
    route("DELETE", "/v1/subscriptions/{}/discount", delete_discount),
]
