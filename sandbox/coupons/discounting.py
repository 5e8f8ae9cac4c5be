"""Discounts on subscriptions: made from coupons, applied to invoices, used up or run out."""

from __future__ import annotations

from typing import Any

from sandbox.calendar_periods import boundary
from sandbox.errors import invalid
from sandbox.events.record import emit
from sandbox.parameters import text
from sandbox.state import Obj, State


def new_discounts(state: State, wanted: list[Any], subscription: Obj) -> list[str]:
    """Discount ids from `discounts[]`: each names a coupon, or an existing discount to keep."""
    ids = []
    for entry in wanted:
        if not isinstance(entry, dict):
            raise invalid("Invalid discounts: each entry is a hash.", param="discounts")
        kept = text(entry, "discount")
        if kept:
            ids.append(state.get("discount", kept, "discounts[discount]")["id"])
            continue
        coupon = state.get("coupon", text(entry, "coupon") or "", "discounts[coupon]")
        if not coupon["valid"]:
            raise invalid(f"Coupon expired: {coupon['id']}", param="discounts[coupon]", code="coupon_expired")
        ids.append(_discount(state, coupon, subscription)["id"])
    return ids


def _discount(state: State, coupon: Obj, subscription: Obj) -> Obj:
    months = coupon["duration_in_months"]
    coupon["times_redeemed"] += 1
    if coupon["max_redemptions"] and coupon["times_redeemed"] >= coupon["max_redemptions"]:
        coupon["valid"] = False
    discount: Obj = {
        "id": state.new_id("di"),
        "object": "discount",
        "checkout_session": None,
        "customer": subscription["customer"],
        "customer_account": None,
        "end": boundary(state.now, {"interval": "month", "interval_count": 1}, months) if months else None,
        "invoice": None,
        "invoice_item": None,
        "promotion_code": None,
        "source": {"coupon": coupon["id"], "type": "coupon"},
        "start": state.now,
        "subscription": subscription["id"],
        "subscription_item": None,
    }
    emit(state, "customer.discount.created", discount)
    return state.insert(discount)


def amounts_off(state: State, subscription: Obj, subtotal: int) -> list[Obj]:
    """What each live discount takes off, in order, never below zero."""
    left, amounts = subtotal, []
    for discount_id in subscription["discounts"]:
        discount = state.get("discount", discount_id)
        if discount["end"] is not None and discount["end"] <= state.now:
            continue
        coupon = state.get("coupon", discount["source"]["coupon"])
        percent = coupon["percent_off"]
        off = round(left * percent / 100) if percent else int(coupon["amount_off"])
        amounts.append({"amount": min(off, left), "discount": discount_id})
        left -= min(off, left)
    return amounts


def drop_used(state: State, subscription: Obj) -> None:
    """After an invoice: discounts that were for one invoice, or have run out, leave the subscription."""
    kept = []
    for discount_id in subscription["discounts"]:
        discount = state.get("discount", discount_id)
        coupon = state.get("coupon", discount["source"]["coupon"])
        over = discount["end"] is not None and discount["end"] <= state.now
        if coupon["duration"] == "once" or over:
            emit(state, "customer.discount.deleted", discount)
        else:
            kept.append(discount_id)
    subscription["discounts"] = kept
