"""A subscription as offers and cancellations must know it. Pure; reads what `contracts/live.py` expands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

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
from app.offers.rules.contract import Contract, Discount, Line

GRANT = "reclaim_grant"
"""The metadata key under which whatever we make at the provider names its grant."""
PENDING_UPGRADE = "reclaim_upgrade"
"""On a subscription: the grant whose schedule is being made, so that one without metadata is known as ours."""


def read_contract(obj: Json) -> Contract | None:
    """The contract, or None where the body is no subscription: it has no id, customer, item or start."""
    subscription_id, customer_id = text(obj.get("id")), reference(obj.get("customer"))
    lines = tuple(line for item in parts(obj.get("items")) if (line := _line(item)))
    started_at = instant(obj.get("start_date")) or instant(obj.get("created"))
    if subscription_id is None or customer_id is None or not lines or started_at is None:
        return None
    pause, schedule = part(obj.get("pause_collection")), obj.get("schedule")
    period_end_at = _period_end(obj)
    return Contract(
        subscription_id=subscription_id,
        customer_id=customer_id,
        status=text(obj.get("status")) or "",
        collection_method=text(obj.get("collection_method")) or "charge_automatically",
        currency=text(obj.get("currency")) or lines[0].currency,
        lines=lines,
        started_at=started_at,
        period_end_at=period_end_at,
        anchored_at=instant(obj.get("billing_cycle_anchor")),
        discounts=tuple(_discounts(obj)),
        trial_end_at=instant(obj.get("trial_end")),
        cancel_at=instant(obj.get("cancel_at"))
        or (period_end_at if flag(obj.get("cancel_at_period_end")) else None),
        ended_at=instant(obj.get("ended_at")),
        pauses_collection=bool(pause),
        pause_resumes_at=instant(pause.get("resumes_at")),
        schedule_id=reference(schedule),
        schedule_by_us=made_by_us(obj),
        flexible_billing=text(part(obj.get("billing_mode")).get("type")) == "flexible",
        metadata=tuple(
            (key, value) for key, value in part(obj.get("metadata")).items() if isinstance(value, str)
        ),
    )


def made_by_us(obj: Json) -> bool:
    """Whether its schedule is ours: it says so, or it is bare and the subscription says that we were at it."""
    schedule = part(obj.get("schedule"))
    if not schedule:
        return False
    return GRANT in part(schedule.get("metadata")) or (
        is_bare(schedule) and PENDING_UPGRADE in part(obj.get("metadata"))
    )


def is_bare(schedule: Json) -> bool:
    """As the provider makes one from a subscription: one phase, nothing written on it, and it changes nothing."""
    phases = list(parts(schedule.get("phases")))
    return (
        len(phases) == 1 and not part(schedule.get("metadata")) and schedule.get("end_behavior") == "release"
    )


def discounts_to_keep(obj: Json) -> tuple[str, ...]:
    """The ids that an update must name, as it overwrites the list.

    A customer's discount counts only while the subscription has none of its own: the first one we add would
    end it there, so it is taken along.
    """
    own = [found for row in _rows(obj.get("discounts")) if (found := reference(row))]
    inherited = reference(part(obj.get("customer")).get("discount"))
    return tuple(own) or ((inherited,) if inherited else ())


def bears_coupon(obj: Json, coupon_id: str) -> bool:
    """Whether a discount of the subscription itself was made from the coupon."""
    return any(_coupon_of(part(row))[0] == coupon_id for row in _rows(obj.get("discounts")))


def _discounts(obj: Json) -> Iterator[Discount]:
    own = _rows(obj.get("discounts")) or _rows([part(obj.get("customer")).get("discount")])
    of_items = [row for item in parts(obj.get("items")) for row in _rows(item.get("discounts"))]
    for row in (*own, *of_items):
        found = _discount(row)
        if found:
            yield found


def _rows(value: object) -> list[object]:
    return [row for row in value if row] if isinstance(value, list) else []


def _discount(row: object) -> Discount | None:
    """One that was not expanded is known by its id only."""
    discount_id = reference(row)
    if discount_id is None:
        return None
    coupon_id, coupon = _coupon_of(part(row))
    percent = coupon.get("percent_off")
    return Discount(
        discount_id=discount_id,
        coupon_id=coupon_id or "",
        percent_off=float(percent) if isinstance(percent, int | float) else None,
        amount_off_minor=integer(coupon.get("amount_off")),
        currency=text(coupon.get("currency")),
        ends_at=instant(part(row).get("end")),
    )


def _coupon_of(discount: Json) -> tuple[str | None, Json]:
    """Its id and, where it was brought along, the coupon."""
    coupon = part(discount.get("source")).get("coupon") or discount.get("coupon")
    return reference(coupon), part(coupon)


def _period_end(obj: Json) -> datetime | None:
    ends = [end for item in parts(obj.get("items")) if (end := instant(item.get("current_period_end")))]
    return min(ends, default=None)


def _line(item: Json) -> Line | None:
    price = part(item.get("price"))
    recurring = part(price.get("recurring"))
    item_id, price_id = text(item.get("id")), text(price.get("id"))
    currency, interval = text(price.get("currency")), text(recurring.get("interval"))
    if item_id is None or price_id is None or currency is None or interval is None:
        return None
    return Line(
        item_id=item_id,
        price_id=price_id,
        product_id=reference(price.get("product")),
        label=label(part(price.get("product")).get("name")) or label(price.get("nickname")),
        amount_minor=integer(price.get("unit_amount")),
        currency=currency,
        interval=interval,
        interval_count=max(integer(recurring.get("interval_count"), MAX_COUNT) or 1, 1),
        quantity=integer(item.get("quantity"), MAX_COUNT),
        metered=text(recurring.get("usage_type")) == "metered",
    )
