"""What an offer comes to for one subscription: the terms that are shown, kept and carried out."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from dateutil.relativedelta import relativedelta

from app.offers.rules.contract import Contract, CouponTerms, Preview
from app.offers.rules.policy import Offer
from app.offers.states import Means, OfferKind

COUPON_LIFETIME = timedelta(days=7)
_INTERVALS = {"day": "days", "week": "weeks", "month": "months", "year": "years"}
_MONTHS = {"month": 1, "year": 12}


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that a grant promises. Instants are UTC, amounts minor units before tax unless named so.

    `charged_minor`: what a period comes to while the benefit lasts; `saved_minor`: what it takes off in
    all; `next_charge_at`: the next charge of any amount; `full_charge_at`: the first at the full price,
    None where the benefit never ends; `ends_at`: when the benefit itself ends.
    `total_now_minor`, `total_after_minor`: with tax, by the provider's preview.
    """

    kind: OfferKind
    means: Means
    currency: str
    price_minor: int | None = None
    charged_minor: int | None = None
    saved_minor: int = 0
    cost_minor: int = 0
    months: int | None = None
    percent: float | None = None
    interval: str | None = None
    interval_count: int = 1
    next_charge_at: datetime | None = None
    full_charge_at: datetime | None = None
    ends_at: datetime | None = None
    item_id: str | None = None
    price_id: str | None = None
    plan_name: str | None = None
    feature: str | None = None
    url: str | None = None
    total_now_minor: int | None = None
    total_after_minor: int | None = None
    was_ending: bool = False  # an end was scheduled already when it was shown

    def as_json(self) -> dict[str, Any]:
        plain = asdict(self)
        return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in plain.items()}


_INSTANTS = ("next_charge_at", "full_charge_at", "ends_at")


def terms_from_json(stored: dict[str, Any]) -> Terms:
    """The terms as a grant's row keeps them."""
    values = dict(stored)
    for name in _INSTANTS:
        values[name] = datetime.fromisoformat(values[name]) if values[name] else None
    return Terms(**(values | {"kind": OfferKind(values["kind"]), "means": Means(values["means"])}))


def after(start: datetime, interval: str, count: int, *, anchor: datetime | None = None) -> datetime:
    """`count` intervals later, as the provider counts: 31 January and a month is the last day of February.

    `anchor`: whose day of the month renewals return to, where the month has it.
    """
    keep = {"day": anchor.day} if anchor is not None and interval in _MONTHS else {}
    later: datetime = start + relativedelta(**{_INTERVALS[interval]: count}, **keep)
    return later


def renewals_within(contract: Contract, months: int, now: datetime) -> int:
    """How many monthly renewals fall into the calendar months from now on, as a repeating coupon counts them."""
    first, until = contract.period_end_at, after(now, "month", months)
    if first is None:
        return 0
    coming = (after(first, "month", k, anchor=contract.anchored_at) for k in range(months + 2))
    return sum(now < renewal <= until for renewal in coming)


def terms_of(offer: Offer, contract: Contract, *, feature: str | None, now: datetime) -> Terms:
    """The terms of an offer that this subscription is eligible for (rules/eligibility.py)."""
    line = contract.line
    base = {
        "kind": offer.kind,
        "currency": contract.currency,
        "price_minor": contract.price_minor,
        "charged_minor": contract.price_minor,
        "interval": line.interval if line else None,
        "interval_count": line.interval_count if line else 1,
        "next_charge_at": contract.period_end_at,
        "was_ending": contract.cancel_at is not None,
        "months": offer.months,
        "plan_name": offer.plan_name,
        "url": offer.url,
    }
    match offer.kind:
        case OfferKind.FREE_MONTHS | OfferKind.PERCENT_OFF | OfferKind.AMOUNT_OFF:
            more = _discounted(offer, contract)
        case OfferKind.PAUSE:
            more = _paused(offer, contract, now)
        case OfferKind.UPGRADE:
            ends_at = after(now, "month", offer.months or 1)
            means = Means.SCHEDULE if offer.by_schedule else Means.ENTITLEMENT
            cost = offer.cost_minor.get(contract.currency, 0)
            more = {"means": means, "ends_at": ends_at, "price_id": offer.price, "feature": feature}
            more |= {"cost_minor": cost, "full_charge_at": _renewal_from(contract, ends_at)}
        case OfferKind.SWITCH_PLAN:
            more = {"means": Means.SWITCH, "price_id": offer.price, "item_id": line.item_id if line else None}
            each = offer.price_minor.get(contract.currency, 0)
            quantity = line.quantity if line and line.quantity is not None else 1
            more |= {"charged_minor": each * quantity, "full_charge_at": contract.period_end_at}
        case OfferKind.EXTEND_TRIAL:
            ends_at = (contract.trial_end_at or now) + timedelta(days=offer.days or 0)
            more = {"means": Means.TRIAL, "ends_at": ends_at}
            more |= {"next_charge_at": ends_at, "full_charge_at": ends_at}
        case OfferKind.TALK | OfferKind.REDIRECT:
            more = {"means": Means.NOTHING}
    return Terms(**(base | more))


def _renewal_from(contract: Contract, instant: datetime) -> datetime | None:
    """The first renewal at or after an instant."""
    line, first = contract.line, contract.period_end_at
    if line is None or first is None:
        return first
    count, renewal = 0, first
    while renewal < instant:
        count += 1
        renewal = after(first, line.interval, count * line.interval_count, anchor=contract.anchored_at)
    return renewal


def _discounted(offer: Offer, contract: Contract) -> dict[str, Any]:
    price, currency = contract.price_minor or 0, contract.currency
    line = contract.line
    assert line is not None  # eligibility has seen to both
    assert contract.period_end_at is not None
    monthly = line.interval == "month" and line.interval_count == 1
    off = _off_a_period(offer, price, currency)
    months = offer.months or 1
    times = months if monthly else 1
    if offer.kind is OfferKind.FREE_MONTHS and not monthly:
        # A coupon counted in months would make the whole year free, or nothing of it.
        off = min(price, _rounded(Decimal(price) * months / _months_of(line.interval, line.interval_count)))
    full = after(
        contract.period_end_at, line.interval, line.interval_count * times, anchor=contract.anchored_at
    )
    saved = off * times
    means = Means.COUPON if monthly or offer.kind is not OfferKind.FREE_MONTHS else Means.CREDIT
    return {
        "means": means,
        "percent": 100.0 if offer.kind is OfferKind.FREE_MONTHS and monthly else offer.percent,
        "months": months if monthly or means is Means.CREDIT else None,
        "charged_minor": price - off,
        "saved_minor": saved,
        "cost_minor": saved,
        "full_charge_at": full,
        "ends_at": full,
    }


def _off_a_period(offer: Offer, price: int, currency: str) -> int:
    match offer.kind:
        case OfferKind.FREE_MONTHS:
            return price
        case OfferKind.PERCENT_OFF:
            return _rounded(Decimal(price) * Decimal(str(offer.percent)) / 100)
        case _:
            return min(price, offer.amount_minor.get(currency, 0))


def _months_of(interval: str, count: int) -> Decimal:
    if interval in _MONTHS:
        return Decimal(_MONTHS[interval] * count)
    days = {"day": 1, "week": 7}[interval] * count
    return Decimal(days * 12) / Decimal(365)


def _rounded(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def _paused(offer: Offer, contract: Contract, now: datetime) -> dict[str, Any]:
    """Nothing is charged from the next renewal on; collection resumes after so many months of it."""
    start = contract.period_end_at or now
    resumes_at = after(start, "month", offer.months or 1, anchor=contract.anchored_at)
    return {
        "means": Means.PAUSE,
        "charged_minor": 0,
        # A moment before the renewal of that day, so that this very renewal is charged again.
        "ends_at": resumes_at - timedelta(hours=1),
        "next_charge_at": resumes_at,
        "full_charge_at": resumes_at,
    }


def with_totals(terms: Terms, contract: Contract, preview: Preview | None) -> Terms:
    """The terms with what is charged in all, tax included, in the proportion of the provider's own preview.

    Without a preview, or beside discounts that it holds already, the totals stay unknown.
    """
    price, charged = terms.price_minor, terms.charged_minor
    if terms.kind is OfferKind.SWITCH_PLAN and preview is not None:
        return terms  # the preview is of the present plan
    if preview is None or not price or charged is None or contract.discounts:
        return terms
    if preview.currency != terms.currency or preview.total_minor < price:
        return terms  # credit notes, prorations and the like: not a plain renewal
    during = _rounded(Decimal(charged) * preview.total_minor / price)
    return replace(terms, total_now_minor=during, total_after_minor=preview.total_minor)


def coupon_of(grant_id: str, terms: Terms) -> CouponTerms:
    """The coupon of a grant: its id is the grant's, so that it can never be made or redeemed twice."""
    name = {OfferKind.FREE_MONTHS: "Free months"}.get(terms.kind, "Discount")
    whole = terms.percent is not None
    off = None if whole else (terms.price_minor or 0) - (terms.charged_minor or 0)
    return CouponTerms(
        coupon_id=f"reclaim-{grant_id}",
        name=name,
        percent_off=terms.percent,
        amount_off_minor=off,
        currency=None if whole else terms.currency,
        months=terms.months if terms.interval == "month" and terms.interval_count == 1 else None,
    )
