"""The coupon object, and whether it can still be redeemed."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from sandbox.errors import ApiFault, invalid, missing_param
from sandbox.parameters import Params, choice, integer, mapping, merged_metadata, sequence, text
from sandbox.state import Obj, State

DURATIONS = ("forever", "once", "repeating")
NO_TERMS: Obj = {"applies_to": None, "currency_options": None}


def new_coupon(state: State, params: Params) -> Obj:
    """A stored coupon; exactly one of `percent_off` and `amount_off` (minor units, with a currency)."""
    percent, amount = _percent(params), integer(params, "amount_off")
    if (percent is None) == (amount is None):
        raise invalid("Give exactly one of percent_off and amount_off.", param="percent_off")
    currency = text(params, "currency")
    if amount is not None and currency is None:
        raise missing_param("currency")
    if amount is not None and amount < 1:
        raise invalid("amount_off must be positive.", param="amount_off")
    duration = choice(params, "duration", DURATIONS, "once")
    months = integer(params, "duration_in_months")
    if duration == "repeating" and not months:
        raise missing_param("duration_in_months")
    if duration != "repeating" and months:
        raise invalid("duration_in_months goes with the duration repeating only.", param="duration_in_months")
    redeem_by = integer(params, "redeem_by")
    if redeem_by is not None and redeem_by <= state.now:
        raise invalid("redeem_by must lie in the future.", param="redeem_by")
    coupon_id = text(params, "id") or state.identifiers.token(8)
    if state.find("coupon", coupon_id):
        raise invalid(f"Coupon already exists: {coupon_id}", param="id", code="resource_already_exists")
    coupon: Obj = {
        "id": coupon_id,
        "object": "coupon",
        "amount_off": amount,
        "created": state.now,
        "currency": currency.lower() if currency and amount is not None else None,
        "duration": duration,
        "duration_in_months": months,
        "livemode": False,
        "max_redemptions": integer(params, "max_redemptions"),
        "metadata": merged_metadata({}, params),
        "name": text(params, "name"),
        "percent_off": percent,
        "redeem_by": redeem_by,
        "times_redeemed": 0,
        "valid": True,
    }
    state.insert(coupon)
    products = sequence(mapping(params, "applies_to"), "products")
    for number, product in enumerate(products):
        state.get("product", str(product), f"applies_to[products][{number}]")
    options = mapping(params, "currency_options")
    if products or options:
        state.hidden.coupon_terms[coupon_id] = {
            "applies_to": {"products": products} if products else None,
            "currency_options": _options(options),
        }
    return coupon


def _percent(params: Params) -> float | None:
    given = text(params, "percent_off")
    if given is None:
        return None
    try:
        percent = float(Decimal(given))
    except InvalidOperation:
        raise invalid(f"Invalid decimal: {given}", param="percent_off") from None
    if not 0 < percent <= 100:
        raise invalid("percent_off must be greater than 0 and at most 100.", param="percent_off")
    return percent


def _options(wanted: Params) -> Obj:
    return {code: {"amount_off": integer(entry, "amount_off")} for code, entry in wanted.items()}


def terms_of(state: State, coupon_id: str) -> Obj:
    """`applies_to` and `currency_options` of a coupon; both None for one that has no such terms."""
    return state.hidden.coupon_terms.get(coupon_id, NO_TERMS)


def coupon_behind(state: State, discount: Obj) -> Obj:
    """The coupon of a discount; discounts keep the terms of a coupon that was deleted meanwhile."""
    coupon_id = discount["source"]["coupon"]
    return state.find("coupon", coupon_id) or state.objects["deleted_coupon"][coupon_id]


def refreshed(state: State, coupon: Obj) -> Obj:
    """The coupon with `valid` as of now: its date may have passed, its redemptions be used up."""
    used_up = coupon["max_redemptions"] is not None and coupon["times_redeemed"] >= coupon["max_redemptions"]
    over = coupon["redeem_by"] is not None and coupon["redeem_by"] <= state.now
    coupon["valid"] = not (used_up or over)
    return coupon


def redeemable(state: State, coupon_id: str, param: str) -> Obj:
    """The coupon if it can be redeemed now, else the provider's refusal."""
    coupon = refreshed(state, state.get("coupon", coupon_id, param))
    if not coupon["valid"]:
        raise expired(coupon, param)
    return coupon


def expired(coupon: Obj, param: str) -> ApiFault:
    return invalid(f"Coupon expired: {coupon['id']}", param=param, code="coupon_expired")
