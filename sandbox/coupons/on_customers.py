"""A customer's own discount: by `coupon` or `promotion_code` on the customer, which older versions still send."""

from __future__ import annotations

from sandbox.coupons.discounting import new_discount
from sandbox.coupons.ending import clear_customer_discount
from sandbox.coupons.objects import redeemable, refreshed
from sandbox.events.record import emit, snapshot
from sandbox.parameters import Params, given, text
from sandbox.promotion_codes.redeeming import redeemed_code
from sandbox.state import Obj, State


def apply_customer_discount(state: State, customer: Obj, params: Params) -> None:
    """Write the given coupon or code onto a stored customer; an empty value takes the discount off."""
    if not given(params, "coupon") and not given(params, "promotion_code"):
        return
    code, coupon_id = text(params, "promotion_code"), text(params, "coupon")
    if code:
        promotion = redeemed_code(state, code, customer, "promotion_code")
        coupon_id = promotion["promotion"]["coupon"]
    if coupon_id is None:
        clear_customer_discount(state, customer)
        return
    coupon = redeemable(state, coupon_id, "promotion_code" if code else "coupon")
    if customer["discount"] is None:
        customer["discount"] = dict(new_discount(state, coupon, customer, promotion_code=code))
    else:
        _switch(state, customer, coupon, code)


def _switch(state: State, customer: Obj, coupon: Obj, code: str | None) -> None:
    """From one coupon to another: the same discount goes on with other terms."""
    discount = state.get("discount", customer["discount"]["id"])
    before = snapshot(discount)
    coupon["times_redeemed"] += 1
    refreshed(state, coupon)
    discount |= {
        "promotion_code": code,
        "source": {"coupon": coupon["id"], "type": "coupon"},
        "start": state.now,
        "end": None,
    }
    customer["discount"] = dict(discount)
    emit(state, "customer.discount.updated", discount, before)
