"""Whether a customer may redeem a promotion code now."""

from __future__ import annotations

from sandbox.errors import ApiFault, invalid
from sandbox.state import Obj, State


def redeemed_code(state: State, code_id: str, holder: Obj, param: str) -> Obj:
    """The promotion code, counted as used; `holder` is the customer or an object of theirs."""
    promotion = usable_code(state, code_id, customer_of(holder), param)
    floor = promotion["restrictions"]["minimum_amount"]
    if floor is not None and holder["object"] == "subscription" and _worth(holder) < floor:
        raise _refused("The amount is below the promotion code's minimum.", param)
    promotion["times_redeemed"] += 1
    refresh_code(state, promotion)
    return promotion


def usable_code(state: State, code_id: str, customer_id: str | None, param: str) -> Obj:
    """The promotion code if this customer may use it (None: somebody who is no customer yet)."""
    promotion = refresh_code(state, state.get("promotion_code", code_id, param))
    if not promotion["active"]:
        raise _refused("This promotion code is inactive or expired.", param)
    if promotion["customer"] is not None and promotion["customer"] != customer_id:
        raise _refused("This promotion code cannot be redeemed by this customer.", param)
    if promotion["restrictions"]["first_time_transaction"] and _has_paid(state, customer_id):
        raise _refused("This promotion code is for customers without earlier payments.", param)
    return promotion


def refresh_code(state: State, promotion: Obj) -> Obj:
    """The code with `active` as of now: its date may have passed, its redemptions be used up."""
    used_up = (
        promotion["max_redemptions"] is not None
        and promotion["times_redeemed"] >= promotion["max_redemptions"]
    )
    over = promotion["expires_at"] is not None and promotion["expires_at"] <= state.now
    if used_up or over or state.find("coupon", promotion["promotion"]["coupon"]) is None:
        promotion["active"] = False
    return promotion


def code_named(state: State, word: str) -> Obj | None:
    """The active promotion code that a customer typed, whatever the case."""
    rows = (refresh_code(state, row) for row in state.rows("promotion_code"))
    return next((row for row in rows if row["active"] and row["code"].lower() == word.strip().lower()), None)


def customer_of(holder: Obj) -> str | None:
    found = holder["id"] if holder["object"] == "customer" else holder.get("customer")
    return str(found) if found else None


def _has_paid(state: State, customer_id: str | None) -> bool:
    """Whether the customer has a successful payment behind them."""
    if customer_id is None:
        return False
    return any(
        row["customer"] == customer_id and row["status"] == "succeeded" for row in state.rows("charge")
    )


def _worth(subscription: Obj) -> int:
    items = subscription["items"]["data"]
    return sum(int(item["price"]["unit_amount"] or 0) * int(item["quantity"] or 1) for item in items)


def _refused(message: str, param: str) -> ApiFault:
    return invalid(message, param=param, code="promotion_code_invalid")
