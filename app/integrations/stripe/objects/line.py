"""Invoice lines: which subscription is billed, and what the customer would call it."""

from __future__ import annotations

from typing import NamedTuple

from app.integrations.stripe.read_values import EMPTY, Json, flag, part, parts, reference, text
from app.integrations.stripe.read_words import label


class BilledThing(NamedTuple):
    label: str | None = None
    price_id: str | None = None
    product_id: str | None = None


def subscription_of(invoice: Json) -> str | None:
    """The billed subscription: the invoice's parent, the old field, or the first line that names one."""
    parent = part(part(invoice.get("parent")).get("subscription_details"))
    found = reference(parent.get("subscription")) or reference(invoice.get("subscription"))
    return found or next((s for line in parts(invoice.get("lines")) if (s := _subscription(line))), None)


def _subscription(line: Json) -> str | None:
    line_id = text(line.get("id")) or ""
    return (
        reference(_item_details(line).get("subscription"))
        or reference(line.get("subscription"))
        # Before 2018-11 a line of a subscription had the subscription's own id.
        or (line_id if line_id.startswith("sub_") else None)
    )


def _item_details(line: Json) -> Json:
    parent = part(line.get("parent"))
    return part(parent.get("subscription_item_details")) or part(parent.get("invoice_item_details"))


def billed_thing(invoice: Json) -> BilledThing:
    """What is billed, by the first line that is no proration; prorations speak of unused time."""
    first = main = EMPTY
    for line in parts(invoice.get("lines")):
        first = first or line
        if not _is_proration(line):
            main = line
            break
    line = main or first
    if not line:
        return BilledThing(label(invoice.get("description")))
    details = part(part(line.get("pricing")).get("price_details"))
    price, plan = part(line.get("price")), part(line.get("plan"))
    new_price = details.get("price")
    return BilledThing(
        label=label(line.get("description"))
        or label(part(new_price).get("nickname"))
        or label(price.get("nickname"))
        or label(plan.get("nickname"))
        or label(plan.get("name")),
        price_id=reference(new_price) or reference(line.get("price")) or reference(line.get("plan")),
        product_id=reference(details.get("product"))
        or reference(price.get("product"))
        or reference(plan.get("product")),
    )


def _is_proration(line: Json) -> bool:
    return flag(line.get("proration")) or flag(_item_details(line).get("proration"))
