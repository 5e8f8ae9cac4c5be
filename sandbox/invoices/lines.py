"""Invoice lines: one a subscription item and period, one an invoice item."""

from __future__ import annotations

from copy import deepcopy
from fractions import Fraction

from sandbox.invoices.amounts import price_of, rounded
from sandbox.state import Obj, State

WHOLE = Fraction(1)
FREE = Fraction(0)

# What every line has, as the sandbox knows no taxes.
PLAIN_LINE: Obj = {
    "object": "line_item",
    "discount_amounts": [],
    "discountable": True,
    "discounts": [],
    "livemode": False,
    "metadata": {},
    "pretax_credit_amounts": [],
    "taxes": [],
}


def new_line(state: State, invoice_id: str, item: Obj, period: tuple[int, int], share: Fraction) -> Obj:
    """One subscription item over one period; `share` below 1 is a part of it, 0 a free trial."""
    price = item["price"]
    amount = rounded(price_of(price, item["quantity"]) * share)
    return {
        **deepcopy(PLAIN_LINE),
        "id": state.new_id("il"),
        "amount": amount,
        "currency": price["currency"],
        "description": f"{item['quantity']} × {product_name(state, price)}" if share else "Free trial",
        "discounts": list(item["discounts"]),
        "invoice": invoice_id,
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": item["subscription"],
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        "period": {"start": period[0], "end": period[1]},
        "pricing": {
            "price_details": {"price": price["id"], "product": price["product"]},
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        "quantity": item["quantity"],
        "quantity_decimal": str(item["quantity"]),
        "subscription": item["subscription"],
        "subtotal": amount,
    }


def item_line(state: State, invoice_id: str, item: Obj) -> Obj:
    """The line of an invoice item; a proration names the line it credits where that one was invoiced."""
    subscription = ((item["parent"] or {}).get("subscription_details") or {}).get("subscription")
    credited = (item["proration_details"] or {}).get("credited_items") or {}
    return {
        **deepcopy(PLAIN_LINE),
        "id": state.new_id("il"),
        "amount": item["amount"],
        "currency": item["currency"],
        "description": item["description"],
        "discountable": item["discountable"],
        "discounts": list(item["discounts"]),
        "invoice": invoice_id,
        "metadata": dict(item["metadata"]),
        "parent": {
            "invoice_item_details": {
                "invoice_item": item["id"],
                "proration": item["proration"],
                "proration_details": {"credited_items": credited.get("invoice_line_item_details")},
                "subscription": subscription,
            },
            "subscription_item_details": None,
            "type": "invoice_item_details",
        },
        "period": dict(item["period"]),
        "pricing": deepcopy(item["pricing"]),
        "quantity": item["quantity"],
        "quantity_decimal": item["quantity_decimal"],
        "subscription": subscription,
        "subtotal": item["amount"],
    }


def item_id_of(line: Obj) -> str | None:
    """The invoice item a line came from; None for the line of a subscription's period."""
    details = line["parent"]["invoice_item_details"]
    return str(details["invoice_item"]) if details else None


def product_name(state: State, price: Obj) -> str:
    product = state.find("product", price["product"])
    return str(product["name"]) if product else str(price["id"])
