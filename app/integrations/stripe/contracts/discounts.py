"""A discount of our own beside those in force."""

from __future__ import annotations

import stripe

from app.integrations.stripe.contracts.coupons import Coupons
from app.integrations.stripe.contracts.live import (
    Live,
    LiveContracts,
    refuse,
    refuse_schedule,
    without_end,
)
from app.integrations.stripe.objects.contract import bears_coupon, discounts_to_keep
from app.offers.rules.contract import Contract, CouponTerms


def add_discount(contracts: LiveContracts, subscription_id: str, terms: CouponTerms, key: str) -> Contract:
    """Add it once: a coupon that was redeemed already is given, whether it is still running or used up."""
    live = contracts.running(subscription_id)
    refuse_schedule(live)
    if terms.amount_off_minor is not None and terms.currency != live.contract.currency:
        refuse(f"coupon {terms.coupon_id} is in {terms.currency}, the contract in {live.contract.currency}")
    kept: tuple[str, ...] = ()
    if not bears_coupon(live.obj, terms.coupon_id):
        coupons = Coupons(contracts)
        if coupons.make(terms, key).redeemed:
            if not coupons.was_used(subscription_id, terms.coupon_id):
                refuse(f"coupon {terms.coupon_id} was redeemed and is gone from {subscription_id}")
            return _end_cleared(contracts, live, key)
        kept = discounts_to_keep(live.obj)
        contracts.update(subscription_id, _union(live, kept, terms.coupon_id), f"{key}:discount")
    elif live.contract.cancel_at is None:
        return live.contract
    else:
        _end_cleared(contracts, live, key)
    return contracts.read_back(
        subscription_id, lambda now: _holds(now, kept, terms.coupon_id), f"coupon {terms.coupon_id}"
    )


def _union(live: Live, kept: tuple[str, ...], coupon_id: str) -> stripe.params.SubscriptionUpdateParams:
    """The list overwrites, so everything in force is named; by its discount, as by its coupon it would restart."""
    params = without_end(live)
    wanted: list[stripe.params.SubscriptionUpdateParamsDiscount] = [{"discount": row} for row in kept]
    params["discounts"] = [*wanted, {"coupon": coupon_id}]
    params["proration_behavior"] = "none"
    return params


def _end_cleared(contracts: LiveContracts, live: Live, key: str) -> Contract:
    if live.contract.cancel_at is None:
        return live.contract
    subscription_id = live.contract.subscription_id
    contracts.update(subscription_id, without_end(live), f"{key}:end")
    return contracts.read_back(subscription_id, lambda now: now.contract.cancel_at is None, "no end")


def _holds(live: Live, kept: tuple[str, ...], coupon_id: str) -> bool:
    return (
        bears_coupon(live.obj, coupon_id)
        and set(kept) <= set(discounts_to_keep(live.obj))
        and live.contract.cancel_at is None
    )
