"""The invoice item object, and which items wait for an invoice."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.state import Obj, State


@dataclass(frozen=True)
class ItemDraft:
    """What an item charges. Amounts are minor units, negative for a credit; `period` is (start, end).

    Prorations are not `discountable`: their discounts are in the amount already.
    """

    amount: int
    currency: str
    description: str | None
    period: tuple[int, int]
    price: Obj
    quantity: int = 1
    subscription: str | None = None
    subscription_item: str | None = None
    proration: bool = False
    credited_items: Obj | None = None
    discountable: bool = True
    metadata: dict[str, str] = field(default_factory=dict)


def item_object(state: State, customer: Obj, draft: ItemDraft, invoice_id: str | None = None) -> Obj:
    """The object, not stored and not announced, as a preview needs it too."""
    details = {"subscription": draft.subscription, "subscription_item": draft.subscription_item}
    return {
        "id": state.new_id("ii"),
        "object": "invoiceitem",
        "amount": draft.amount,
        "currency": draft.currency,
        "customer": customer["id"],
        "customer_account": None,
        "date": state.now,
        "description": draft.description,
        "discountable": draft.discountable,
        "discounts": [],
        "invoice": invoice_id,
        "livemode": False,
        "metadata": dict(draft.metadata),
        "net_amount": draft.amount,
        "parent": (
            {"subscription_details": details, "type": "subscription_details"} if draft.subscription else None
        ),
        "period": {"start": draft.period[0], "end": draft.period[1]},
        "pricing": {
            "price_details": {"price": draft.price["id"], "product": draft.price["product"]},
            "type": "price_details",
            "unit_amount_decimal": draft.price["unit_amount_decimal"],
        },
        "proration": draft.proration,
        "proration_details": (
            {"credited_items": draft.credited_items, "discount_amounts": []} if draft.proration else None
        ),
        "quantity": draft.quantity,
        "quantity_decimal": str(draft.quantity),
        "tax_rates": [],
        "test_clock": customer["test_clock"],
    }


def subscription_of_item(item: Obj) -> str | None:
    details = (item["parent"] or {}).get("subscription_details")
    return str(details["subscription"]) if details else None


def keep_item(state: State, item: Obj) -> Obj:
    """Store an item; without an invoice it waits for the customer's next one."""
    if item["invoice"] is None:
        state.hidden.pending_items_of_customer[item["customer"]].append(item["id"])
    return state.insert(item)


def forget_item(state: State, item: Obj) -> None:
    waiting = state.hidden.pending_items_of_customer[item["customer"]]
    if item["id"] in waiting:
        waiting.remove(item["id"])
    state.remove("invoiceitem", item["id"])


def pending_items(
    state: State, customer_id: str, currency: str, subscription_id: str | None = None
) -> list[Obj]:
    """Waiting items of one currency, oldest first.

    For an invoice of a subscription: that one's own and those tied to none. Without one: all of them.
    """
    waiting = state.hidden.pending_items_of_customer.get(customer_id, [])
    rows = [state.get("invoiceitem", row) for row in waiting]
    return [
        row
        for row in rows
        if row["currency"] == currency
        and (subscription_id is None or subscription_of_item(row) in (None, subscription_id))
    ]


def put_on_invoice(state: State, items: list[Obj], invoice_id: str) -> None:
    """The items are on an invoice from now on and wait no longer."""
    for item in items:
        waiting = state.hidden.pending_items_of_customer[item["customer"]]
        if item["id"] in waiting:
            waiting.remove(item["id"])
        item["invoice"] = invoice_id


def unassign_item(state: State, item: Obj) -> None:
    """Off its invoice; it waits for another one again."""
    item["invoice"] = None
    state.hidden.pending_items_of_customer[item["customer"]].append(item["id"])


def release_items(state: State, invoice_id: str) -> None:
    """A draft is gone: its items wait for another invoice again."""
    for item in state.rows("invoiceitem"):
        if item["invoice"] == invoice_id:
            unassign_item(state, item)
