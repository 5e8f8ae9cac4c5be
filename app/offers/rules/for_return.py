"""What may be offered to somebody who has no subscription any more, and what it comes to. Pure.

Beside rules/eligibility.py and terms.py, which know a live contract: here the first charge is the one at the
checkout, so a coupon counts from that day on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from app.offers.rules.eligibility import MONEY_OFF, Applicant, of_the_budget, of_the_person
from app.offers.rules.policy import Offer
from app.offers.rules.terms import Terms, after
from app.offers.states import Means, OfferKind

FOR_RETURN = MONEY_OFF | {OfferKind.UPGRADE}
_MONTHS = {"month": Decimal(1), "year": Decimal(12), "week": Decimal(12) / 52, "day": Decimal(12) / 365}


@dataclass(frozen=True, slots=True)
class LastPlan:
    """What they would return to: the last plan, or its successor. `amount_minor` per unit."""

    price_id: str | None
    product_id: str | None
    amount_minor: int | None
    currency: str | None
    interval: str | None
    interval_count: int = 1
    quantity: int | None = 1
    tenure: timedelta = timedelta(0)

    @property
    def price_minor(self) -> int | None:
        """What a period comes to before discounts and tax."""
        return None if self.amount_minor is None else self.amount_minor * (self.quantity or 1)

    @property
    def is_monthly(self) -> bool:
        return (self.interval, self.interval_count) == ("month", 1)


def refusals_for_return(
    name: str, offer: Offer, last: LastPlan, who: Applicant, *, cost_minor: int, now: datetime
) -> list[str]:
    """Why this person may not be made this offer for returning, every reason; empty if they may."""
    return [
        *_of_the_plan(offer, last),
        *of_the_person(name, offer, who, now),
        *of_the_budget(name, offer, last.currency or "", who, cost_minor),
    ]


def _of_the_plan(offer: Offer, last: LastPlan) -> Iterator[str]:
    if offer.kind not in FOR_RETURN:
        yield "it needs a running subscription"
    if offer.kind is OfferKind.UPGRADE and offer.by_schedule:
        yield "its schedule needs a running subscription"
    if last.price_minor is None or last.currency is None or last.interval not in _MONTHS:
        yield "the last price is not known"
    if last.price_minor == 0:
        yield "the subscription cost nothing"
    if offer.kind is OfferKind.AMOUNT_OFF and last.currency not in offer.amount_minor:
        yield f"the offer has no amount in {last.currency}"
    if offer.kind is OfferKind.UPGRADE and last.price_id == offer.price:
        yield "they had this plan already"
    if offer.plans and not {last.price_id, last.product_id} & set(offer.plans):
        yield "not for this plan"
    if offer.intervals and last.interval not in offer.intervals:
        yield "not for this billing interval"
    if last.tenure < timedelta(days=offer.min_tenure_days):
        yield f"was a customer for less than {offer.min_tenure_days} days"
    if offer.max_tenure_days is not None and last.tenure > timedelta(days=offer.max_tenure_days):
        yield f"was a customer for more than {offer.max_tenure_days} days"
    least = offer.min_price_minor.get(last.currency or "") if offer.min_price_minor else 0
    if least is None:
        yield f"the offer names no least price in {last.currency}"
    elif (last.price_minor or 0) < least:
        yield "the plan costs too little"


def terms_for_return(offer: Offer, last: LastPlan, *, feature: str | None, now: datetime) -> Terms:
    """The terms of an offer that may be made, if they return today."""
    assert last.price_minor is not None
    assert last.currency is not None
    assert last.interval is not None
    base: dict[str, Any] = {
        "kind": offer.kind,
        "currency": last.currency,
        "price_minor": last.price_minor,
        "charged_minor": last.price_minor,
        "interval": last.interval,
        "interval_count": last.interval_count,
        "months": offer.months,
        "plan_name": offer.plan_name,
    }
    if offer.kind is OfferKind.UPGRADE:
        more = {
            "means": Means.ENTITLEMENT,
            "ends_at": after(now, "month", offer.months or 1),
            "full_charge_at": now,
            "next_charge_at": now,
            "price_id": offer.price,
            "feature": feature,
            "cost_minor": offer.cost_minor.get(last.currency, 0),
        }
    else:
        more = _discounted(offer, last, now)
    return Terms(**(base | more))


def _discounted(offer: Offer, last: LastPlan, now: datetime) -> dict[str, Any]:
    price, interval = last.price_minor or 0, last.interval or "month"
    months = offer.months or 1
    periods = months if last.is_monthly else 1
    match offer.kind:
        case OfferKind.PERCENT_OFF:
            off = _rounded(Decimal(price) * Decimal(str(offer.percent)) / 100)
        case OfferKind.AMOUNT_OFF:
            off = min(price, offer.amount_minor.get(last.currency or "", 0))
        case _ if last.is_monthly:
            off = price
        case _:  # a coupon counted in months would make the whole year free
            off = min(price, _rounded(Decimal(price) * months / (_MONTHS[interval] * last.interval_count)))
    full = after(now, interval, last.interval_count * periods)
    free = offer.kind is OfferKind.FREE_MONTHS and last.is_monthly
    return {
        "means": Means.COUPON,
        "percent": 100.0 if free else offer.percent,
        "months": months if last.is_monthly or offer.kind is OfferKind.FREE_MONTHS else None,
        "charged_minor": price - off,
        "saved_minor": off * periods,
        "cost_minor": off * periods,
        "next_charge_at": full if off == price else now,
        "full_charge_at": full,
        "ends_at": full,
    }


def _rounded(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))
