"""Changes that have thin types of their own: read off the object before and after an update."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.events.record import RecordedEvent, restore
from sandbox.state import Obj

STATUSES = ("active", "incomplete", "incomplete_expired", "past_due", "trialing", "unpaid")


def thin_only_types(recorded: RecordedEvent) -> list[str]:
    """The types without `v1.`, e.g. `customer.subscription.past_due`; [] for other events."""
    if recorded.type == "customer.subscription.created":
        status = restore(recorded.object_json)["status"]
        return [f"customer.subscription.{status}"] if status in STATUSES else []
    reader = READERS.get(recorded.type)
    if reader is None or recorded.before_json is None:
        return []
    return reader(restore(recorded.before_json), restore(recorded.object_json))


def _subscription(before: Obj, after: Obj) -> list[str]:
    found = []
    if before["status"] != after["status"] and after["status"] in STATUSES:
        found.append(str(after["status"]))
    for name in ("cancel_at", "default_payment_method"):
        if before[name] != after[name]:
            found.append(f"{name}_changed")
    old = {item["id"]: item for item in before["items"]["data"]}
    new = {item["id"]: item for item in after["items"]["data"]}
    kept = [(old[name], new[name]) for name in new if name in old]
    if any(name not in old for name in new):
        found.append("item_added")
    if any(was["price"]["id"] != is_["price"]["id"] for was, is_ in kept):
        found.append("item_price_changed")
    if any(was.get("quantity") != is_.get("quantity") for was, is_ in kept):
        found.append("item_quantity_changed")
    if any(name not in new for name in old):
        found.append("item_removed")
    return [f"customer.subscription.{name}" for name in found]


def _invoice(before: Obj, after: Obj) -> list[str]:
    found = []
    old, new = before["discounts"], after["discounts"]
    if any(row not in old for row in new):
        found.append("discount_added")
    if any(row not in new for row in old):
        found.append("discount_removed")
    had = {line["id"] for line in before["lines"]["data"]}
    has = {line["id"] for line in after["lines"]["data"]}
    if has - had:
        found.append("line_item_added")
    if had - has:
        found.append("line_item_removed")
    return [f"invoice.{name}" for name in found]


def _catalogue(kind: str, *fields: str) -> Callable[[Obj, Obj], list[str]]:
    """Switched on or off, and the named fields."""

    def read(before: Obj, after: Obj) -> list[str]:
        found = [f"{name}_changed" for name in fields if before.get(name) != after.get(name)]
        if before["active"] != after["active"]:
            found.insert(0, "activated" if after["active"] else "deactivated")
        return [f"{kind}.{name}" for name in found]

    return read


def _schedule(before: Obj, after: Obj) -> list[str]:
    old = {phase["start_date"]: phase for phase in before["phases"]}
    new = {phase["start_date"]: phase for phase in after["phases"]}
    kept = [start for start in new if start in old]
    found = []
    if len(kept) < len(new):
        found.append("phase_added")
    if any(old[start]["end_date"] != new[start]["end_date"] for start in kept):
        found.append("phase_end_date_changed")
    if len(kept) < len(old):
        found.append("phase_removed")
    if any(old[start]["trial_end"] != new[start]["trial_end"] for start in kept):
        found.append("phase_trial_end_changed")
    return [f"subscription_schedule.{name}" for name in found]


READERS: dict[str, Callable[[Obj, Obj], list[str]]] = {
    "customer.subscription.updated": _subscription,
    "invoice.updated": _invoice,
    "price.updated": _catalogue("price", "lookup_key", "tax_behavior"),
    "product.updated": _catalogue("product", "default_price", "tax_code"),
    "subscription_schedule.updated": _schedule,
}
