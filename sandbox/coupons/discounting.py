"""Discounts: made from coupons and promotion codes, applied to amounts, used up or taken off."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from sandbox.calendar_periods import boundary
from sandbox.coupons.objects import coupon_behind, redeemable, refreshed, terms_of
from sandbox.errors import invalid, missing_param
from sandbox.events.record import changing, emit
from sandbox.invoices.amounts import rounded, spread
from sandbox.parameters import text
from sandbox.promotion_codes.redeeming import redeemed_code
from sandbox.state import Obj, State


def new_discounts(state: State, wanted: list[Any], holder: Obj) -> list[str]:
    """Discount ids for `discounts[]`: each entry names a coupon, a promotion code, or a discount to keep.

    `holder` is the subscription, subscription item, invoice or invoice item that gets them; its discounts that
    are not kept end now.
    """
    ids = []
    for entry in wanted:
        if not isinstance(entry, dict):
            raise invalid("Invalid discounts: each entry is a hash.", param="discounts")
        kept = text(entry, "discount")
        if kept:
            ids.append(state.get("discount", kept, "discounts[discount]")["id"])
        else:
            ids.append(_made_from(state, entry, holder)["id"])
    for gone in holder.get("discounts") or []:
        if gone not in ids:
            emit(state, "customer.discount.deleted", state.get("discount", gone))
    return ids


def _made_from(state: State, entry: Obj, holder: Obj) -> Obj:
    code, coupon_id = text(entry, "promotion_code"), text(entry, "coupon")
    if code:
        promotion = redeemed_code(state, code, holder, "discounts[promotion_code]")
        coupon = redeemable(state, promotion["promotion"]["coupon"], "discounts[promotion_code]")
        return new_discount(state, coupon, holder, promotion_code=code)
    if coupon_id is None:
        raise missing_param("discounts[coupon]")
    return new_discount(state, redeemable(state, coupon_id, "discounts[coupon]"), holder)


def new_discount(state: State, coupon: Obj, holder: Obj, *, promotion_code: str | None = None) -> Obj:
    """A stored and announced discount; `holder` may be a customer too."""
    months, kind = coupon["duration_in_months"], holder["object"]
    coupon["times_redeemed"] += 1
    refreshed(state, coupon)
    discount: Obj = {
        "id": state.new_id("di"),
        "object": "discount",
        "checkout_session": None,
        "customer": holder["id"] if kind == "customer" else holder.get("customer"),
        "customer_account": None,
        "end": boundary(state.now, {"interval": "month", "interval_count": 1}, months) if months else None,
        "invoice": holder["id"] if kind == "invoice" else None,
        "invoice_item": holder["id"] if kind == "invoiceitem" else None,
        "promotion_code": promotion_code,
        "source": {"coupon": coupon["id"], "type": "coupon"},
        "start": state.now,
        "subscription": holder["id"] if kind == "subscription" else holder.get("subscription"),
        "subscription_item": holder["id"] if kind == "subscription_item" else None,
    }
    state.insert(discount)
    emit(state, "customer.discount.created", discount)
    if discount["end"] is not None:
        state.agenda.note(discount["end"], "end_discount", discount["id"])
    return discount


def amounts_off(state: State, holder: Obj, subtotal: int) -> list[Obj]:
    """What each live discount of the holder takes off the subtotal, in order, never below zero."""
    left, amounts = subtotal, []
    for discount in _live(state, holder["discounts"]):
        off = amount_off(state, discount, left, holder.get("currency"))
        amounts.append({"amount": off, "discount": discount["id"]})
        left -= off
    return amounts


def amounts_off_lines(state: State, discount_ids: list[str], lines: list[Obj]) -> list[Obj]:
    """As `amounts_off`, line by line: `[{amount, discount, pieces}]` with one piece for each line.

    A coupon for certain products touches only their lines; an amount off is shared in proportion. Lines that
    are not discountable get nothing.
    """
    left = [max(0, line["amount"]) if line["discountable"] else 0 for line in lines]
    entries = []
    for discount in _live(state, discount_ids):
        products = (terms_of(state, discount["source"]["coupon"])["applies_to"] or {}).get("products")
        bases = [
            amount if products is None or _product_of(line) in products else 0
            for line, amount in zip(lines, left, strict=True)
        ]
        currency = lines[0]["currency"] if lines else None
        total = amount_off(state, discount, sum(bases), currency)
        pieces = spread(total, bases)
        left = [amount - piece for amount, piece in zip(left, pieces, strict=True)]
        entries.append({"amount": total, "discount": discount["id"], "pieces": pieces})
    return entries


def amount_off(state: State, discount: Obj, base: int, currency: str | None) -> int:
    """What one discount takes off `base` minor units; a coupon in another currency takes nothing."""
    return coupon_takes(state, coupon_behind(state, discount), base, currency)


def coupon_takes(state: State, coupon: Obj, base: int, currency: str | None) -> int:
    if coupon["percent_off"] is not None:
        return min(base, rounded(base * Fraction(str(coupon["percent_off"])) / 100))
    if currency is None or coupon["currency"] == currency:
        return min(base, int(coupon["amount_off"]))
    options = terms_of(state, coupon["id"])["currency_options"] or {}
    return min(base, int(options.get(currency, {}).get("amount_off") or 0))


def _live(state: State, discount_ids: list[str]) -> list[Obj]:
    rows = [state.get("discount", discount_id) for discount_id in discount_ids]
    return [row for row in rows if row["end"] is None or row["end"] > state.now]


def _product_of(line: Obj) -> str | None:
    details = (line["pricing"] or {}).get("price_details") or {}
    return details.get("product")


def drop_used(state: State, subscription: Obj) -> None:
    """After an invoice: discounts for one invoice are used up, unless the invoice asked for nothing anyway."""
    invoice = state.find("invoice", subscription["latest_invoice"])
    if invoice is None or invoice["subtotal"] == 0:
        return
    used = {entry["discount"] for entry in invoice["total_discount_amounts"]}
    kept = []
    for discount_id in subscription["discounts"]:
        discount = state.get("discount", discount_id)
        if discount_id in used and coupon_behind(state, discount)["duration"] == "once":
            emit(state, "customer.discount.deleted", discount)
        else:
            kept.append(discount_id)
    subscription["discounts"] = kept
    customer = state.get("customer", subscription["customer"])
    own = customer["discount"]
    if own and own["id"] in used and coupon_behind(state, own)["duration"] == "once":
        with changing(state, customer, "customer.updated"):
            customer["discount"] = None
        emit(state, "customer.discount.deleted", own)
