"""Fields that later versions took away, put back for shapes that still had them: `old` and, mostly, `both`.

Removals are versioned at the provider, so an account that never moved on receives all of these.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from sandbox.rendering.plans import plan_of
from sandbox.state import Obj, State

# Sets the fields on an object of its kind in place: (state, object, shape, the moment's references).
Restore = Callable[[State, Obj, str, Obj], None]


def copy_of(state: State, kind: str, object_id: str | None) -> Obj | None:
    """A copy of a stored object to put into another one, which is then rendered as part of that."""
    return deepcopy(state.find(kind, object_id))


def inner_list(rows: list[Obj], url: str) -> Obj:
    """A list inside an object; the old ones said how many there are."""
    return {"object": "list", "data": rows, "has_more": False, "total_count": len(rows), "url": url}


def _invoice(state: State, obj: Obj, shape: str, legacy: Obj) -> None:
    details = (obj.get("parent") or {}).get("subscription_details") or {}
    obj["subscription"] = details.get("subscription")
    if details:
        obj["subscription_details"] = {"metadata": details["metadata"]}
    obj["payment_intent"] = legacy.get("payment_intent")
    obj["charge"] = legacy.get("charge")
    obj["paid"] = obj["status"] == "paid"
    obj["paid_out_of_band"] = bool(obj.get("amount_paid_off_stripe"))
    obj["tax"], obj["total_tax_amounts"] = None, []
    obj["discount"] = copy_of(state, "discount", (obj["discounts"] or [None])[0])
    obj["application_fee_amount"], obj["transfer_data"], obj["quote"] = None, None, None
    if shape == "old":
        obj["tax_percent"] = None


def _line(state: State, obj: Obj, shape: str, legacy: Obj) -> None:
    parent = obj.get("parent") or {}
    of_period, of_item = (
        parent.get("subscription_item_details") or {},
        parent.get("invoice_item_details") or {},
    )
    _priced(state, obj)
    obj["type"] = "subscription" if of_period else "invoiceitem"
    obj["proration"] = bool(of_period.get("proration") or of_item.get("proration"))
    obj["subscription"] = of_period.get("subscription") or of_item.get("subscription")
    if of_period:
        obj["subscription_item"] = of_period.get("subscription_item")
    else:
        obj["invoice_item"] = of_item.get("invoice_item")
    obj["tax_amounts"], obj["tax_rates"] = [], []
    if shape == "both":
        obj["proration_details"] = {"credited_items": None}
        obj["amount_excluding_tax"] = obj["amount"]
        obj["unit_amount_excluding_tax"] = (obj.get("pricing") or {}).get("unit_amount_decimal")


def _invoice_item(state: State, obj: Obj, shape: str, legacy: Obj) -> None:
    details = (obj.get("parent") or {}).get("subscription_details") or {}
    _priced(state, obj)
    obj["subscription"] = details.get("subscription")
    if details.get("subscription_item"):
        obj["subscription_item"] = details["subscription_item"]
    unit = (obj.get("pricing") or {}).get("unit_amount_decimal")
    obj["unit_amount_decimal"] = unit
    obj["unit_amount"] = int(unit) if unit and unit.lstrip("-").isdigit() else None


def _priced(state: State, obj: Obj) -> None:
    """The price whole, and the plan that mirrors it."""
    price_id = (((obj.get("pricing") or {}).get("price_details")) or {}).get("price")
    price = copy_of(state, "price", price_id)
    obj["price"] = price
    obj["plan"] = plan_of(price) if price and price["recurring"] else None


def _price(state: State, obj: Obj, shape: str, legacy: Obj) -> None:
    if obj["recurring"]:
        obj["recurring"]["aggregate_usage"] = None


def _product(state: State, obj: Obj, shape: str, legacy: Obj) -> None:
    if shape == "old":
        obj["attributes"] = []


def _checkout_session(state: State, obj: Obj, shape: str, legacy: Obj) -> None:
    """Addresses stood on the session itself before they were gathered in `collected_information`."""
    obj["shipping_details"] = (obj.get("collected_information") or {}).get("shipping_details")


def _plan(state: State, obj: Obj, shape: str, legacy: Obj) -> None:
    obj["aggregate_usage"] = None
    if shape == "old":
        obj["tiers"] = None


def _subscription(state: State, obj: Obj, shape: str, legacy: Obj) -> None:
    items = obj["items"]["data"]
    obj["current_period_start"] = min(item["current_period_start"] for item in items)
    obj["current_period_end"] = min(item["current_period_end"] for item in items)
    obj["discount"] = copy_of(state, "discount", (obj["discounts"] or [None])[0])
    if len(items) == 1:
        obj["plan"], obj["quantity"] = deepcopy(items[0]["plan"]), items[0]["quantity"]
    if shape == "old":
        obj["tax_percent"] = None


def _schedule(state: State, obj: Obj, shape: str, legacy: Obj) -> None:
    """A phase had one coupon where it has a list of discounts now."""
    for phase in obj["phases"]:
        phase["coupon"] = next((row["coupon"] for row in phase["discounts"] if row["coupon"]), None)


def _discount(state: State, obj: Obj, shape: str, legacy: Obj) -> None:
    obj["coupon"] = copy_of(state, "coupon", obj["source"]["coupon"])


def _promotion_code(state: State, obj: Obj, shape: str, legacy: Obj) -> None:
    obj["coupon"] = copy_of(state, "coupon", obj["promotion"]["coupon"])


def _customer(state: State, obj: Obj, shape: str, legacy: Obj) -> None:
    """Its lists were part of it; they have been left out since, unless asked for."""
    if shape != "old":
        return
    url = f"/v1/customers/{obj['id']}"
    running = state.hidden.subscriptions_of_customer.get(obj["id"], [])
    rows = [copy_of(state, "subscription", row) for row in running]
    obj["sources"] = inner_list([], f"{url}/sources")
    obj["subscriptions"] = inner_list(
        [row for row in rows if row and row["ended_at"] is None], f"{url}/subscriptions"
    )
    obj["tax_ids"] = inner_list([], f"{url}/tax_ids")


def _payment_intent(state: State, obj: Obj, shape: str, legacy: Obj) -> None:
    obj["invoice"] = legacy.get("invoice")
    if shape == "old":
        charge = copy_of(state, "charge", obj["latest_charge"])
        rows = [charge | {"invoice": obj["invoice"]}] if charge else []
        obj["charges"] = inner_list(rows, f"/v1/charges?payment_intent={obj['id']}")


def _charge(state: State, obj: Obj, shape: str, legacy: Obj) -> None:
    obj.setdefault("invoice", legacy.get("invoice"))
    if shape != "old":
        return
    obj["order"], obj["destination"], obj["source"] = None, None, None
    of_charge = (
        [row for row in state.rows("dispute") if row["charge"] == obj["id"]] if obj["disputed"] else []
    )
    obj["dispute"] = of_charge[0]["id"] if of_charge else None
    back = (
        [row for row in state.rows("refund") if row["charge"] == obj["id"]] if obj["amount_refunded"] else []
    )
    obj["refunds"] = inner_list([deepcopy(row) for row in back], f"/v1/charges/{obj['id']}/refunds")


RESTORE: dict[str, Restore] = {
    "charge": _charge,
    "checkout.session": _checkout_session,
    "customer": _customer,
    "discount": _discount,
    "invoice": _invoice,
    "invoiceitem": _invoice_item,
    "line_item": _line,
    "payment_intent": _payment_intent,
    "plan": _plan,
    "price": _price,
    "product": _product,
    "promotion_code": _promotion_code,
    "subscription": _subscription,
    "subscription_schedule": _schedule,
}
