"""From the stored (new) shape of an object to the shape of the endpoint it is sent to.

`render` is given a fresh copy and changes it in place. Each kind has the fields that old shapes add and
the ones they do not know yet; `both` adds and removes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from sandbox.rendering.plans import plan_of
from sandbox.state import Obj, State

SHAPES = ("old", "both", "new")
BASIL = "2025-03-31"

NEW_ONLY: dict[str, tuple[str, ...]] = {
    "invoice": ("parent", "amount_overpaid", "total_taxes", "total_pretax_credit_amounts", "status_details",
                "customer_account", "issuer", "effective_at", "rendering", "shipping_cost", "from_invoice"),
    "line_item": ("parent", "pricing", "taxes", "pretax_credit_amounts", "subtotal", "quantity_decimal"),
    "subscription": ("billing_mode", "billing_schedules", "customer_account", "discounts", "status_details",
                     "managed_payments", "trial_settings", "invoice_settings", "billing_cycle_anchor_config",
                     "cancellation_details", "on_behalf_of", "currency", "description"),
    "subscription_item": ("current_period_start", "current_period_end", "discounts", "billed_until"),
    "payment_intent": ("customer_account", "excluded_payment_method_types", "latest_charge"),
    "customer": ("customer_account", "test_clock"),
    "payment_method": ("customer_account", "allow_redisplay"),
}  # fmt: skip


def shape_of_version(api_version: str | None) -> str:
    """The shape an endpoint gets from its version; none means the account's default, which is new."""
    return "new" if api_version is None or api_version >= BASIL else "old"


def render(state: State, obj: Obj, shape: str, legacy: Obj) -> Obj:
    """The same object in `shape`; nested lines, items and discounts included."""
    if shape == "new":
        return obj
    kind = obj.get("object", "")
    add = ADDERS.get(kind)
    if add:
        add(state, obj, shape, legacy)
    if shape == "old":
        for name in NEW_ONLY.get(kind, ()):
            obj.pop(name, None)
    return obj


def _invoice(state: State, obj: Obj, shape: str, legacy: Obj) -> None:
    details = (obj.get("parent") or {}).get("subscription_details") or {}
    obj["subscription"] = details.get("subscription")
    if details:
        obj["subscription_details"] = {"metadata": details["metadata"]}
    obj["payment_intent"] = legacy.get("payment_intent")
    obj["charge"] = legacy.get("charge")
    obj["paid"] = obj["status"] == "paid"
    obj["paid_out_of_band"] = bool(obj.get("amount_paid_off_stripe"))
    obj["tax"], obj["total_tax_amounts"], obj["discount"] = None, [], None
    obj["application_fee_amount"], obj["transfer_data"], obj["quote"] = None, None, None
    for line in obj["lines"]["data"]:
        render(state, line, shape, {})


def _line(state: State, obj: Obj, shape: str, legacy: Obj) -> None:
    item = (obj.get("parent") or {}).get("subscription_item_details") or {}
    price_id = (((obj.get("pricing") or {}).get("price_details")) or {}).get("price")
    price = state.find("price", price_id)
    obj["price"] = price
    obj["plan"] = plan_of(price) if price and price["recurring"] else None
    obj["type"] = "subscription" if item else "invoiceitem"
    obj["proration"] = bool(item.get("proration"))
    obj["subscription"], obj["subscription_item"] = item.get("subscription"), item.get("subscription_item")
    obj["tax_amounts"], obj["tax_rates"] = [], []


def _subscription(state: State, obj: Obj, shape: str, legacy: Obj) -> None:
    items = obj["items"]["data"]
    obj["current_period_start"] = min(item["current_period_start"] for item in items)
    obj["current_period_end"] = min(item["current_period_end"] for item in items)
    discount = state.find("discount", (obj["discounts"] or [None])[0])
    obj["discount"] = old_discount(state, discount) if discount else None
    if len(items) == 1:
        obj["plan"], obj["quantity"] = items[0]["plan"], items[0]["quantity"]
    for item in items:
        render(state, item, shape, {})


def old_discount(state: State, discount: Obj) -> Obj:
    """A discount with its coupon inline, as before `source` existed."""
    coupon = state.find("coupon", discount["source"]["coupon"])
    return {**{key: value for key, value in discount.items() if key != "source"}, "coupon": coupon}


def _payment_intent(state: State, obj: Obj, shape: str, legacy: Obj) -> None:
    obj["invoice"] = legacy.get("invoice")
    charge = state.find("charge", obj["latest_charge"])
    if shape == "old":
        rows = [{**charge, "invoice": legacy.get("invoice")}] if charge else []
        url = f"/v1/charges?payment_intent={obj['id']}"
        obj["charges"] = {
            "object": "list",
            "data": rows,
            "has_more": False,
            "total_count": len(rows),
            "url": url,
        }


def _charge(state: State, obj: Obj, shape: str, legacy: Obj) -> None:
    obj["invoice"] = legacy.get("invoice")
    obj["order"] = None
    if shape == "old":
        obj["refunds"] = {
            "object": "list",
            "data": [refund for refund in state.rows("refund") if refund["charge"] == obj["id"]],
            "has_more": False,
            "url": f"/v1/charges/{obj['id']}/refunds",
        }


Adder = Callable[[State, Obj, str, Obj], None]
ADDERS: dict[str, Adder] = {
    "invoice": _invoice,
    "line_item": _line,
    "subscription": _subscription,
    "payment_intent": _payment_intent,
    "charge": _charge,
}
