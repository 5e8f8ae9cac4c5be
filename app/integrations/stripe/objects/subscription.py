"""Subscriptions and their items, in the shapes before and since the 2025-03-31 API."""

from __future__ import annotations

from datetime import datetime

from app.billing.facts import Fact, Sight, SubscriptionItem, SubscriptionSeen
from app.integrations.stripe.objects.invoice import read_invoice
from app.integrations.stripe.objects.method import expanded_methods
from app.integrations.stripe.read_values import (
    MAX_COUNT,
    Json,
    flag,
    instant,
    integer,
    part,
    parts,
    reference,
    text,
)
from app.integrations.stripe.read_words import label

THREE_D_SECURE_ALWAYS = frozenset(("any", "challenge"))


def read_subscription(obj: Json, sight: Sight) -> tuple[Fact, ...]:
    """A subscription, and what the body carries as a whole: its latest invoice, its payment method."""
    subscription_id = text(obj.get("id"))
    if subscription_id is None:
        return ()
    latest = obj.get("latest_invoice")
    start, end = _period(obj)
    details = part(obj.get("cancellation_details"))
    pause = part(obj.get("pause_collection"))
    seen = SubscriptionSeen(
        subscription_id=subscription_id,
        sight=sight,
        customer_id=reference(obj.get("customer")),
        status=text(obj.get("status")) or "",
        collection_method=text(obj.get("collection_method")) or text(obj.get("billing")),
        created_at=instant(obj.get("created")) or instant(obj.get("start_date")),
        cancel_at=instant(obj.get("cancel_at")) or (end if flag(obj.get("cancel_at_period_end")) else None),
        canceled_at=instant(obj.get("canceled_at")),
        ended_at=instant(obj.get("ended_at")),
        cancellation_reason=text(details.get("reason")),
        cancellation_feedback=text(details.get("feedback")) or text(details.get("feedback_option")),
        period_start_at=start,
        period_end_at=end,
        trial_end_at=instant(obj.get("trial_end")),
        default_payment_method_id=reference(obj.get("default_payment_method")),
        default_source_id=reference(obj.get("default_source")),
        latest_invoice_id=reference(latest),
        paused_collection=bool(pause),
        pause_resumes_at=instant(pause.get("resumes_at")),
        pause_reason=_pause_reason(obj),
        forces_three_d_secure=_forces_three_d_secure(obj),
        items=_items(obj),
    )
    invoice = read_invoice(latest, sight) if isinstance(latest, dict) else ()
    methods = expanded_methods((obj.get("default_payment_method"), obj.get("default_source")), sight)
    return (seen, *invoice, *methods)


def _period(obj: Json) -> tuple[datetime | None, datetime | None]:
    """The period that ends first; items may differ, and what is due next is what counts."""
    spans = [
        (end, instant(item.get("current_period_start")))
        for item in parts(obj.get("items"))
        if (end := instant(item.get("current_period_end")))
    ]
    if not spans:
        return instant(obj.get("current_period_start")), instant(obj.get("current_period_end"))
    end, start = min(spans, key=lambda span: span[0])
    return start, end


def _pause_reason(obj: Json) -> str | None:
    paused = part(part(obj.get("status_details")).get("paused"))
    return text(part(paused.get("subscription")).get("type"))


def _forces_three_d_secure(obj: Json) -> bool:
    options = part(part(obj.get("payment_settings")).get("payment_method_options"))
    return text(part(options.get("card")).get("request_three_d_secure")) in THREE_D_SECURE_ALWAYS


def _items(obj: Json) -> tuple[SubscriptionItem, ...]:
    items = tuple(_item(item) for item in parts(obj.get("items")))
    if items or not isinstance(obj.get("plan"), dict):
        return items
    # Bodies of 2014 have one plan and no items.
    return (_item({"plan": obj["plan"], "quantity": obj.get("quantity")}),)


def _item(item: Json) -> SubscriptionItem:
    price, plan = part(item.get("price")), part(item.get("plan"))
    recurring = part(price.get("recurring"))
    product = price.get("product") or plan.get("product")
    unit = integer(price.get("unit_amount"))
    count = integer(recurring.get("interval_count") or plan.get("interval_count"), MAX_COUNT)
    usage = text(recurring.get("usage_type")) or text(plan.get("usage_type"))
    return SubscriptionItem(
        item_id=text(item.get("id")),
        price_id=reference(item.get("price")) or reference(item.get("plan")),
        product_id=reference(product),
        label=_item_label(price, plan, product),
        amount_minor=unit if unit is not None or price else integer(plan.get("amount")),
        currency=text(price.get("currency")) or text(plan.get("currency")),
        interval=text(recurring.get("interval")) or text(plan.get("interval")),
        interval_count=max(count or 1, 1),
        quantity=integer(item.get("quantity"), MAX_COUNT),
        metered=usage == "metered",
    )


def _item_label(price: Json, plan: Json, product: object) -> str | None:
    return (
        label(part(product).get("name"))
        or label(price.get("nickname"))
        or label(plan.get("nickname"))
        or label(plan.get("name"))
    )
