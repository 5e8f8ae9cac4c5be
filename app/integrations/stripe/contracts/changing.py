"""Changes of the subscription itself: paused collection, another price, a longer trial."""

from __future__ import annotations

from datetime import datetime

import stripe

from app.integrations.stripe.contracts.live import (
    Live,
    LiveContracts,
    refuse,
    refuse_schedule,
    without_end,
)
from app.integrations.stripe.read_values import part, text
from app.offers.rules.contract import Contract


def pause(contracts: LiveContracts, subscription_id: str, resumes_at: datetime, key: str) -> Contract:
    """Until the whole second of `resumes_at`, which is what the provider keeps."""
    until = resumes_at.replace(microsecond=0)

    def holds(now: Live) -> bool:
        behavior = text(part(now.obj.get("pause_collection")).get("behavior"))
        stays = now.contract.cancel_at is None
        return stays and behavior == "void" and now.contract.pause_resumes_at == until

    live = contracts.running(subscription_id)
    if holds(live):
        return live.contract
    params = without_end(live)
    params["pause_collection"] = {"behavior": "void", "resumes_at": int(until.timestamp())}
    contracts.update(subscription_id, params, f"{key}:pause")
    return contracts.read_back(subscription_id, holds, f"a pause until {until:%Y-%m-%d}")


def end_pause(contracts: LiveContracts, subscription_id: str, key: str) -> Contract:
    live = contracts.running(subscription_id)
    if not live.contract.pauses_collection:
        return live.contract
    contracts.update(subscription_id, {"pause_collection": ""}, f"{key}:resume")
    return contracts.read_back(subscription_id, lambda now: not now.contract.pauses_collection, "no pause")


def switch_price(
    contracts: LiveContracts, subscription_id: str, item_id: str, price_id: str, key: str
) -> Contract:
    """Refused where the provider would begin a new period and charge at once: another interval, or from free."""
    live = contracts.running(subscription_id)

    def holds(now: Live) -> bool:
        there = any(row.item_id == item_id and row.price_id == price_id for row in now.contract.lines)
        return there and now.contract.cancel_at is None

    if holds(live):
        return live.contract
    refuse_schedule(live)
    refuse_other_rhythm(contracts, live, item_id, price_id)
    params = without_end(live)
    params["items"] = [{"id": item_id, "price": price_id}]
    params["proration_behavior"] = "none"
    contracts.update(subscription_id, params, f"{key}:price")
    return contracts.read_back(subscription_id, holds, f"price {price_id}")


def refuse_other_rhythm(contracts: LiveContracts, live: Live, item_id: str, price_id: str) -> stripe.Price:
    """The price, if the item can change to it within its period."""
    with contracts.connection.call():
        price = contracts.v1.prices.retrieve(price_id)
    line = next((row for row in live.contract.lines if row.item_id == item_id), None)
    if line is None:
        refuse(f"no item {item_id} in {live.contract.subscription_id}")
    recurring = price.recurring
    if recurring is None or (recurring.interval, recurring.interval_count) != (
        line.interval,
        line.interval_count,
    ):
        refuse(f"price {price_id} is not billed every {line.interval_count} {line.interval}")
    if line.amount_minor == 0 and line.price_id != price_id:
        refuse(f"a change from a free price to {price_id} is charged at once")
    return price


def extend_trial(contracts: LiveContracts, subscription_id: str, until: datetime, key: str) -> Contract:
    """Only while trialing, and only to a later end: a running subscription would be given a trial anew."""
    until = until.replace(microsecond=0)

    def holds(now: Live) -> bool:
        return now.contract.trial_end_at == until and now.contract.cancel_at is None

    live = contracts.running(subscription_id)
    if holds(live):
        return live.contract
    refuse_schedule(live)
    ends_at = live.contract.trial_end_at
    if live.contract.status != "trialing" or ends_at is None or ends_at > until:
        refuse(f"subscription {subscription_id} has no trial to extend")
    params: stripe.params.SubscriptionUpdateParams = without_end(live)
    params["trial_end"] = int(until.timestamp())
    params["proration_behavior"] = "none"
    contracts.update(subscription_id, params, f"{key}:trial")
    return contracts.read_back(subscription_id, holds, f"a trial until {until:%Y-%m-%d}")
