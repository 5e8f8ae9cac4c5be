"""Who may have an offer. Every refusal is a sentence that the operator can read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.offers.rules.contract import Contract
from app.offers.rules.policy import Offer
from app.offers.rules.terms import renewals_within
from app.offers.states import OfferKind

MONEY_OFF = frozenset({OfferKind.FREE_MONTHS, OfferKind.PERCENT_OFF, OfferKind.AMOUNT_OFF})
ONLY_ACTIVE = MONEY_OFF | {OfferKind.PAUSE, OfferKind.UPGRADE, OfferKind.SWITCH_PLAN}


@dataclass(frozen=True, slots=True)
class Earlier:
    """An offer that the same person took before, over all their subscriptions and addresses."""

    offer: str
    kind: OfferKind
    accepted_at: datetime
    cost_minor: int


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left of an offer's budget this month; None: no limit."""

    left_minor: int | None = None
    left_grants: int | None = None


@dataclass(frozen=True, slots=True)
class Applicant:
    """The person who might be made an offer. `missing`: what they said they miss; `consumes_entitlements`:
    the merchant's backend has lately acknowledged a test message about entitlements."""

    country: str | None
    earlier: Sequence[Earlier] = ()
    missing: str | None = None
    consumes_entitlements: bool = False
    in_dispute: bool = False
    lost_coupons: Collection[str] = ()
    budgets: Mapping[str, Budget] = field(default_factory=dict)


def refusals(
    name: str, offer: Offer, contract: Contract, who: Applicant, *, cost_minor: int, now: datetime
) -> list[str]:
    """Why this person may not have this offer, every reason; empty if they may."""
    return [
        *_of_the_subscription(offer, contract, now),
        *_of_the_plan(offer, contract, now),
        *of_the_person(name, offer, who, now),
        *of_the_budget(name, offer, contract.currency, who, cost_minor),
    ]


def _of_the_subscription(offer: Offer, contract: Contract, now: datetime) -> Iterator[str]:
    if not offer.kind.changes_the_subscription:
        return
    if contract.has_ended or contract.status in ("incomplete", "unpaid"):
        yield f"the subscription is {contract.status}"
    if contract.schedule_id is not None:
        yield "a schedule manages the subscription"
    if len(contract.lines) != 1:
        yield "the subscription has several items"
    if any(line.metered for line in contract.lines):
        yield "the subscription is billed by usage"
    if contract.collection_method == "send_invoice":
        yield "the subscription is paid by invoice"
    if contract.price_minor is None and not any(line.metered for line in contract.lines):
        yield "the price is not a fixed amount"
    if contract.period_end_at is None:
        yield "the next renewal is not known"
    if offer.kind in ONLY_ACTIVE and contract.status != "active":
        yield f"the subscription is {contract.status}, not active"
    if offer.kind is OfferKind.EXTEND_TRIAL and contract.status != "trialing":
        yield "there is no trial to extend"
    if contract.pauses_collection:
        yield "the subscription is paused already"
    yield from _of_the_kind(offer, contract, now)


def _of_the_kind(offer: Offer, contract: Contract, now: datetime) -> Iterator[str]:
    line = contract.line
    if offer.kind in MONEY_OFF and contract.discounts and not offer.stacking:
        yield "another discount is in force"
    if offer.kind is OfferKind.AMOUNT_OFF and contract.currency not in offer.amount_minor:
        yield f"the offer has no amount in {contract.currency}"
    if offer.kind is OfferKind.SWITCH_PLAN and contract.currency not in offer.price_minor:
        yield f"the offer has no price in {contract.currency}"
    if offer.kind in MONEY_OFF and contract.price_minor == 0:
        yield "the subscription costs nothing"
    if offer.kind in MONEY_OFF and line and (line.interval, line.interval_count) == ("month", 1):
        # The provider counts calendar months from now on: near a month's end that may be a renewal more or less.
        months = offer.months or 1
        if renewals_within(contract, months, now) != months:
            yield "the calendar would make it more or fewer months than promised; from the next days on it fits"
    if offer.kind is OfferKind.PAUSE and line and (line.interval, line.interval_count) != ("month", 1):
        yield "only monthly subscriptions can be paused"
    if offer.kind in (OfferKind.UPGRADE, OfferKind.SWITCH_PLAN) and line and line.price_id == offer.price:
        yield "they have this plan already"


def _of_the_plan(offer: Offer, contract: Contract, now: datetime) -> Iterator[str]:
    mine = {line.price_id for line in contract.lines} | {line.product_id for line in contract.lines}
    if offer.plans and not mine & set(offer.plans):
        yield "not for this plan"
    intervals = {line.interval for line in contract.lines}
    if offer.intervals and not intervals <= set(offer.intervals):
        yield "not for this billing interval"
    tenure = now - contract.started_at
    if tenure < timedelta(days=offer.min_tenure_days):
        yield f"a customer for less than {offer.min_tenure_days} days"
    if offer.max_tenure_days is not None and tenure > timedelta(days=offer.max_tenure_days):
        yield f"a customer for more than {offer.max_tenure_days} days"
    if offer.min_price_minor:
        least = offer.min_price_minor.get(contract.currency)
        if least is None:
            yield f"the offer names no least price in {contract.currency}"
        elif (contract.price_minor or 0) < least:
            yield "the plan costs too little"


def of_the_person(name: str, offer: Offer, who: Applicant, now: datetime) -> Iterator[str]:
    if offer.coupon is not None and offer.coupon in who.lost_coupons:
        yield f"its coupon {offer.coupon} was deleted at the provider"
    if offer.countries and (who.country or "").upper() not in {c.upper() for c in offer.countries}:
        yield "not for this country"
    if who.in_dispute:
        yield "a payment is disputed"
    if sum(e.offer == name for e in who.earlier) >= offer.most_times:
        yield "they have had this offer before"
    if offer.kind in MONEY_OFF or offer.kind is OfferKind.UPGRADE:
        costly = [e.accepted_at for e in who.earlier if e.cost_minor > 0]
        if costly and now - max(costly) < timedelta(days=offer.cooldown_days):
            yield f"they took an offer on {max(costly):%d %B %Y}, less than {offer.cooldown_days} days ago"
    elif offer.kind in (OfferKind.PAUSE, OfferKind.EXTEND_TRIAL):
        same = [e.accepted_at for e in who.earlier if e.kind is offer.kind]
        if same and now - max(same) < timedelta(days=offer.cooldown_days):
            yield f"they took this on {max(same):%d %B %Y}, less than {offer.cooldown_days} days ago"
    if offer.kind is OfferKind.UPGRADE:
        if who.missing is None or who.missing not in offer.features:
            yield "the higher plan does not have what they said is missing"
        if not offer.by_schedule and not who.consumes_entitlements:
            yield "no backend of the merchant has acknowledged entitlements of late"


def of_the_budget(name: str, offer: Offer, currency: str, who: Applicant, cost: int) -> Iterator[str]:
    budget = who.budgets.get(name, Budget())
    if budget.left_minor is not None and cost > budget.left_minor:
        yield f"this month's budget in {currency} is used up"
    if budget.left_grants is not None and budget.left_grants < 1:
        yield "this month's number of grants is used up"
