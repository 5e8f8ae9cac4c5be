"""Taking a schedule of ours off a subscription, so that its end can be written."""

from __future__ import annotations

from typing import Any

import stripe
import structlog

from app.core.errors import ProviderError
from app.integrations.stripe.contracts.live import Live, LiveContracts, options, refuse
from app.integrations.stripe.contracts.phases import COUPON, PRICE_BEFORE, current_phase, like
from app.integrations.stripe.objects.contract import discounts_to_keep
from app.integrations.stripe.read_values import part, text

log = structlog.get_logger()


def release_ours(contracts: LiveContracts, live: Live, key: str) -> Live:
    """The subscription without our schedule; back on its own price, so that taking the end back costs no more.

    ProviderError for a schedule of somebody else's: what it is for is not ours to know.
    """
    if live.contract.schedule_id is None:
        return live
    if not live.contract.schedule_by_us:
        refuse(f"subscription {live.contract.subscription_id} is managed by a schedule")
    _back_to_own_price(contracts, live, key)
    release(contracts, live.contract.schedule_id, key)
    return contracts.get(live.contract.subscription_id)


def release(contracts: LiveContracts, schedule_id: str, key: str) -> None:
    params: stripe.params.SubscriptionScheduleReleaseParams = {"preserve_cancel_date": True}
    with contracts.connection.call():
        contracts.v1.subscription_schedules.release(schedule_id, params, options(f"{key}:release", params))


def _back_to_own_price(contracts: LiveContracts, live: Live, key: str) -> None:
    """Rewrite the running phase of a lent plan with the old price.

    A price that is archived by now may be refused; leaving matters more than the price, so that stops nothing.
    """
    schedule = part(live.obj.get("schedule"))
    price = text(part(schedule.get("metadata")).get(PRICE_BEFORE))
    phase, line = current_phase(schedule), live.contract.line
    if price is None or phase is None or line is None or line.price_id == price:
        return
    kept = [row for row in discounts_to_keep(live.obj) if row not in lent_discounts(live)]
    written: Any = {
        "proration_behavior": "none",
        "phases": [like(phase, price, [{"discount": row} for row in kept], phase["end_date"])],
    }
    try:
        with contracts.connection.call():
            contracts.v1.subscription_schedules.update(
                str(schedule["id"]), written, options(f"{key}:own_price", written)
            )
    except ProviderError as error:
        if not error.permanent:
            raise
        log.warning("lent_plan_not_taken_back", subscription=live.contract.subscription_id, why=str(error))


def lent_discounts(live: Live) -> frozenset[str]:
    """The discounts that pay for the lent plan: made from the coupon that the schedule names."""
    coupon_id = text(part(part(live.obj.get("schedule")).get("metadata")).get(COUPON))
    return frozenset(
        row.discount_id
        for row in live.contract.discounts
        if coupon_id is not None and row.coupon_id == coupon_id
    )
