"""The invoice object and its lines."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

from sandbox.coupons.discounting import amounts_off
from sandbox.state import Obj, State


def subscription_of(state: State, invoice: Obj) -> Obj | None:
    """The subscription an invoice was made for; None for a manual one."""
    details = (invoice["parent"] or {}).get("subscription_details")
    return state.find("subscription", details["subscription"]) if details else None


# What every line has, as the sandbox knows no taxes or line discounts.
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


def new_line(state: State, invoice_id: str, item: Obj, period: tuple[int, int], share: float) -> Obj:
    """One subscription item over one period; `share` below 1 is a part of it, 0 a free trial."""
    price = item["price"]
    amount = round(price["unit_amount"] * item["quantity"] * share)
    details = {"price": price["id"], "product": price["product"]}
    return {
        **deepcopy(PLAIN_LINE),
        "id": state.new_id("il"),
        "amount": amount,
        "currency": price["currency"],
        "description": f"{item['quantity']} × {_product_name(state, price)}" if share else "Free trial",
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
            "price_details": details,
            "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        "quantity": item["quantity"],
        "quantity_decimal": str(item["quantity"]),
        "subscription": item["subscription"],
        "subtotal": amount,
    }


def _product_name(state: State, price: Obj) -> str:
    product = state.find("product", price["product"])
    return str(product["name"]) if product else str(price["id"])


def invoice_for(
    state: State,
    subscription: Obj,
    reason: str,
    period: tuple[int, int],
    *,
    share: float = 1.0,
    lines: bool = True,
) -> Obj:
    """An invoice of the subscription for the coming period, not stored and not announced."""
    invoice_id = state.new_id("in")
    items: Sequence[Obj] = subscription["items"]["data"] if lines else []
    rows = [new_line(state, invoice_id, item, period, share) for item in items]
    subtotal = sum(row["amount"] for row in rows)
    taken_off = amounts_off(state, subscription, subtotal)
    total = subtotal - sum(entry["amount"] for entry in taken_off)
    invoice = _blank(state, invoice_id, subscription)
    invoice |= {
        "amount_due": total,
        "amount_remaining": total,
        "billing_reason": reason,
        "discounts": [entry["discount"] for entry in taken_off],
        "lines": {"object": "list", "data": rows, "has_more": False, "total_count": len(rows),
                  "url": f"/v1/invoices/{invoice_id}/lines"},
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "total": total,
        "total_discount_amounts": taken_off,
        "total_excluding_tax": total,
    }  # fmt: skip
    return invoice


# What every new invoice of the sandbox starts with.
UNTOUCHED_INVOICE: Obj = {
    "object": "invoice",
    "account_country": "US",
    "account_name": "Sandbox",
    "account_tax_ids": None,
    "amount_due": 0,
    "amount_overpaid": 0,
    "amount_paid": 0,
    "amount_remaining": 0,
    "amount_shipping": 0,
    "application": None,
    "attempt_count": 0,
    "attempted": False,
    "auto_advance": True,
    "automatic_tax": {
        "disabled_reason": None,
        "enabled": False,
        "liability": None,
        "provider": None,
        "status": None,
    },
    "automatically_finalizes_at": None,
    "billing_reason": None,
    "custom_fields": None,
    "customer_account": None,
    "customer_tax_ids": [],
    "default_payment_method": None,
    "default_source": None,
    "default_tax_rates": [],
    "description": None,
    "discounts": [],
    "effective_at": None,
    "ending_balance": None,
    "footer": None,
    "from_invoice": None,
    "hosted_invoice_url": None,
    "invoice_pdf": None,
    "issuer": {"type": "self"},
    "last_finalization_error": None,
    "latest_revision": None,
    "livemode": False,
    "metadata": {},
    "next_payment_attempt": None,
    "number": None,
    "on_behalf_of": None,
    "payment_settings": {
        "default_mandate": None,
        "payment_method_options": None,
        "payment_method_types": None,
    },
    "post_payment_credit_notes_amount": 0,
    "pre_payment_credit_notes_amount": 0,
    "receipt_number": None,
    "rendering": None,
    "shipping_cost": None,
    "shipping_details": None,
    "starting_balance": 0,
    "statement_descriptor": None,
    "status": "draft",
    "status_details": {"uncollectible": None},
    "status_transitions": {
        "finalized_at": None,
        "marked_uncollectible_at": None,
        "paid_at": None,
        "voided_at": None,
    },
    "test_clock": None,
    "total_pretax_credit_amounts": [],
    "total_taxes": [],
}


def _blank(state: State, invoice_id: str, subscription: Obj) -> Obj:
    customer = state.get("customer", subscription["customer"])
    automatic = subscription["collection_method"] == "charge_automatically"
    return {
**deepcopy(UNTOUCHED_INVOICE),
"id": invoice_id,
"collection_method": subscription["collection_method"],
"created": state.now,
"currency": subscription["currency"],
"customer": customer["id"],
"customer_address": customer["address"],
"customer_email": customer["email"],
"customer_name": customer["name"],
"customer_phone": customer["phone"],
"customer_shipping": customer["shipping"],
"customer_tax_exempt": customer["tax_exempt"],
"due_date": None if automatic else state.now + (subscription["days_until_due"] or 30) * 86_400,
"parent": {
            "quote_details": None,
            "subscription_details": {
                "metadata": dict(subscription["metadata"]), "subscription": subscription["id"],
            },
            "type": "subscription_details",
        },
"period_end": state.now,
"period_start": state.now,
"webhooks_delivered_at": state.now,
}  # fmt: skip
