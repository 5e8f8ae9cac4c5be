"""The subscription object and its items."""

from __future__ import annotations

from copy import deepcopy

from sandbox.coupons.discounting import new_discounts
from sandbox.cursors import envelope
from sandbox.errors import invalid, missing_param
from sandbox.parameters import Params, choice, integer, mapping, merged_metadata, sequence, text
from sandbox.prices.routes import price_for_item
from sandbox.rendering.plans import plan_of
from sandbox.state import Obj, State


def new_item(state: State, subscription_id: str, entry: Params, name: str, period: tuple[int, int]) -> Obj:
    """One item over a price; the price is shown whole, as the provider does."""
    price = price_for_item(state, entry, name)
    item: Obj = {
        "id": state.new_id("si"),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": state.now,
        "current_period_end": period[1],
        "current_period_start": period[0],
        "discounts": [],
        "metadata": merged_metadata({}, entry),
        "plan": plan_of(price),
        "price": dict(price),
        "quantity": integer(entry, "quantity", 1),
        "subscription": subscription_id,
        "tax_rates": [],
    }
    if sequence(entry, "discounts"):
        item["discounts"] = new_discounts(state, sequence(entry, "discounts"), item)
    return item


# What every subscription starts with.
NEW_SUBSCRIPTION: Obj = {
    "object": "subscription",
    "application": None,
    "application_fee_percent": None,
    "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
    "billing_cycle_anchor_config": None,
    "billing_schedules": [],
    "billing_thresholds": None,
    "cancel_at": None,
    "cancel_at_period_end": False,
    "canceled_at": None,
    "cancellation_details": {"comment": None, "feedback": None, "feedback_option": None, "reason": None},
    "customer_account": None,
    "default_payment_method": None,
    "default_source": None,
    "default_tax_rates": [],
    "discounts": [],
    "ended_at": None,
    "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
    "latest_invoice": None,
    "livemode": False,
    "managed_payments": {"enabled": False},
    "next_pending_invoice_item_invoice": None,
    "on_behalf_of": None,
    "pause_collection": None,
    "pending_invoice_item_interval": None,
    "pending_setup_intent": None,
    "pending_update": None,
    "schedule": None,
    "status": "active",
    "status_details": None,
    "transfer_data": None,
    "trial_end": None,
    "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
    "trial_start": None,
}


def new_subscription(state: State, params: Params, customer: Obj, start: int) -> Obj:
    """A stored subscription whose period the caller still has to set."""
    subscription = build_subscription(state, params, customer, start)
    state.hidden.subscriptions_of_customer[customer["id"]].append(subscription["id"])
    return state.insert(subscription)


def build_subscription(state: State, params: Params, customer: Obj, start: int) -> Obj:
    """The object alone, as a preview needs it."""
    entries = sequence(params, "items")
    if not entries:
        raise missing_param("items")
    subscription_id = state.new_id("sub")
    items = [
        new_item(state, subscription_id, entry, f"items[{n}]", (start, start))
        for n, entry in enumerate(entries)
    ]
    currency = common_currency(items)
    listed = envelope(items, f"/v1/subscription_items?subscription={subscription_id}")
    subscription: Obj = {
        **deepcopy(NEW_SUBSCRIPTION),
        "id": subscription_id,
        "billing_cycle_anchor": start,
        "billing_mode": _billing_mode(mapping(params, "billing_mode")),
        "collection_method": choice(
            params, "collection_method", ("charge_automatically", "send_invoice"), "charge_automatically"
        ),
        "created": start,
        "currency": currency,
        "customer": customer["id"],
        "days_until_due": integer(params, "days_until_due"),
        "description": text(params, "description"),
        "items": {**listed, "total_count": len(items)},
        "metadata": merged_metadata({}, params),
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": mapping(params, "payment_settings").get(
                "save_default_payment_method", "off"
            ),
        },
        "start_date": start,
        "test_clock": customer["test_clock"],
    }
    return subscription


def _billing_mode(wanted: Params) -> Obj:
    """Flexible unless asked otherwise."""
    kind = choice(wanted, "type", ("classic", "flexible"), "flexible")
    return {"flexible": {"proration_discounts": "included"} if kind == "flexible" else None, "type": kind}


def common_currency(items: list[Obj]) -> str:
    """The currency of all items; mixed currencies and mixed intervals are refused."""
    currencies = {item["price"]["currency"] for item in items}
    rhythms = {
        (item["price"]["recurring"]["interval"], item["price"]["recurring"]["interval_count"])
        for item in items
    }
    if len(currencies) > 1 or len(rhythms) > 1:
        raise invalid("All items must share one currency and one interval.", param="items")
    return str(currencies.pop())


def recurring_of(subscription: Obj) -> Obj:
    """The rhythm all items share."""
    recurring: Obj = subscription["items"]["data"][0]["price"]["recurring"]
    return recurring


def period_end(subscription: Obj) -> int:
    return int(subscription["items"]["data"][0]["current_period_end"])


def set_period(subscription: Obj, start: int, end: int) -> None:
    for item in subscription["items"]["data"]:
        item["current_period_start"], item["current_period_end"] = start, end
