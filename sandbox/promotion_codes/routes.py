"""`/v1/promotion_codes`."""

from __future__ import annotations

from sandbox.coupons.objects import redeemable
from sandbox.cursors import listing
from sandbox.errors import invalid, missing_param
from sandbox.events.record import changing, emit
from sandbox.parameters import Params, flag, given, integer, mapping, merged_metadata, text, within
from sandbox.promotion_codes.redeeming import refresh_code
from sandbox.routing import Call, route
from sandbox.state import Obj

# `coupon` is how older versions name what `promotion` holds now.
CREATE = "promotion coupon code active customer expires_at max_redemptions metadata restrictions"
CODE_LENGTH = 8


def create(call: Call) -> Obj:
    state, params = call.state, call.params
    promotion = mapping(params, "promotion")
    coupon_id = text(promotion, "coupon") or text(params, "coupon")
    if coupon_id is None:
        raise missing_param("promotion")
    coupon = redeemable(state, coupon_id, "promotion[coupon]" if promotion else "coupon")
    customer = text(params, "customer")
    if customer:
        state.get("customer", customer, "customer")
    word = text(params, "code") or state.identifiers.token(CODE_LENGTH).upper()
    _refuse_taken(call, word, customer)
    code: Obj = {
        "id": state.new_id("promo"),
        "object": "promotion_code",
        "active": flag(params, "active", True),
        "code": word,
        "created": state.now,
        "customer": customer,
        "customer_account": None,
        "expires_at": integer(params, "expires_at"),
        "livemode": False,
        "max_redemptions": integer(params, "max_redemptions"),
        "metadata": merged_metadata({}, params),
        "promotion": {"coupon": coupon["id"], "type": "coupon"},
        "restrictions": _restrictions(mapping(params, "restrictions")),
        "times_redeemed": 0,
    }
    state.insert(code)
    emit(state, "promotion_code.created", code)
    return code


def _refuse_taken(call: Call, word: str, customer: str | None) -> None:
    """Among active codes a word is unique for each customer, whatever its case."""
    for row in call.state.rows("promotion_code"):
        same = row["code"].lower() == word.lower() and row["customer"] in (None, customer)
        if same and refresh_code(call.state, row)["active"]:
            raise invalid(f"An active promotion code with `code: {word}` already exists.", param="code",
                          code="resource_already_exists")  # fmt: skip


def _restrictions(wanted: Params) -> Obj:
    amount, currency = integer(wanted, "minimum_amount"), text(wanted, "minimum_amount_currency")
    if (amount is None) != (currency is None):
        raise missing_param(
            "restrictions[minimum_amount_currency]" if amount else "restrictions[minimum_amount]"
        )
    return {
        "first_time_transaction": flag(wanted, "first_time_transaction"),
        "minimum_amount": amount,
        "minimum_amount_currency": currency,
    }


def retrieve(call: Call) -> Obj:
    return refresh_code(call.state, call.state.get("promotion_code", call.id))


def update(call: Call) -> Obj:
    """A code can be switched off and on and get metadata; its word and coupon stay."""
    code = call.state.get("promotion_code", call.id)
    with changing(call.state, code, "promotion_code.updated"):
        code["metadata"] = merged_metadata(code["metadata"], call.params)
        if given(call.params, "active"):
            code["active"] = flag(call.params, "active")
            if code["active"] and not refresh_code(call.state, code)["active"]:
                raise invalid("This promotion code cannot be activated any more.", param="active")
    return code


def list_all(call: Call) -> Obj:
    rows = [refresh_code(call.state, row) for row in call.state.rows("promotion_code")]
    rows = [row for row in rows if within(row["created"], call.params, "created")]
    if given(call.params, "active"):
        rows = [row for row in rows if row["active"] == flag(call.params, "active")]
    word, coupon = text(call.params, "code"), text(call.params, "coupon")
    customer = text(call.params, "customer")
    rows = [row for row in rows if word is None or row["code"].lower() == word.lower()]
    rows = [row for row in rows if coupon in (None, row["promotion"]["coupon"])]
    rows = [row for row in rows if customer in (None, row["customer"])]
    return listing(rows, call.params, "/v1/promotion_codes")


FILTERS = "limit starting_after ending_before active code coupon customer created"
ROUTES = [
    route("POST", "/v1/promotion_codes", create, CREATE),
    route("GET", "/v1/promotion_codes", list_all, FILTERS),
    route("GET", "/v1/promotion_codes/{}", retrieve),
    route("POST", "/v1/promotion_codes/{}", update, "active metadata restrictions"),
]
