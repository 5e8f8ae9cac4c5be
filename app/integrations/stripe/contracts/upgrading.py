"""A higher price for some months without paying more, by a schedule that goes back by itself.

Made in steps, each of which a second try finds: the coupon of the difference; a mark on the subscription,
so that a schedule left bare by a crash is known as ours; the bare schedule (the provider takes no more in one
call); its phases and metadata in one call; the mark taken off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import stripe
from dateutil.relativedelta import relativedelta

from app.core.clock import from_unix
from app.integrations.stripe.contracts.changing import refuse_other_rhythm
from app.integrations.stripe.contracts.coupons import Coupons
from app.integrations.stripe.contracts.live import Live, LiveContracts, options, refuse, without_end
from app.integrations.stripe.contracts.phases import COUPON, PRICE_BEFORE, PRICE_LENT, current_phase, like
from app.integrations.stripe.contracts.releasing import lent_discounts, release
from app.integrations.stripe.objects.contract import (
    GRANT,
    PENDING_UPGRADE,
    bears_coupon,
    discounts_to_keep,
    is_bare,
)
from app.integrations.stripe.read_values import Json, part
from app.offers.rules.contract import Contract, CouponTerms, Line

PAGE = 100
AFTERWARDS = relativedelta(days=1)  # a schedule needs a last phase; it goes its way when that is over


@dataclass(frozen=True, slots=True)
class Loan:
    """A lent plan: the one line it replaces, the price instead, for how long, and what pays the difference."""

    grant_id: str
    line: Line
    price_id: str
    months: int
    coupon: CouponTerms | None


def upgrade_by_schedule(
    contracts: LiveContracts, subscription_id: str, price_id: str, *, months: int, grant_id: str, key: str
) -> Contract:
    """Lend the higher price. A grant whose schedule is known, running or over, was given and is not given again."""
    live = contracts.running(subscription_id)
    if _schedule_of(contracts, live, grant_id):
        return _unmarked(contracts, live, key)
    loan = _loan(contracts, live, price_id, months, grant_id)
    if live.contract.schedule_id is None:
        live = _marked(contracts, live, grant_id, key)
        _make_bare(contracts, subscription_id, key)
        live = contracts.get(subscription_id)
    _fill(contracts, live, loan, key)
    contracts.read_back(subscription_id, lambda now: _holds(now, loan), f"the lent price {price_id}")
    return _unmarked(contracts, live, key)


def drop_upgrade(contracts: LiveContracts, subscription_id: str, *, grant_id: str, key: str) -> Contract:
    """Let go of the lent plan because the customer has chosen another: their choice stays.

    So does the discount, unless the plan chosen costs less than the lent one, which it was reckoned for.
    """
    live = contracts.running(subscription_id)
    schedule = part(live.obj.get("schedule"))
    note = part(schedule.get("metadata"))
    if note.get(GRANT) != grant_id:
        return live.contract
    lent = lent_discounts(live)
    if lent and _costs_less(contracts, live, str(note.get(PRICE_LENT))):
        kept = [{"discount": row} for row in discounts_to_keep(live.obj) if row not in lent]
        params: Any = {"discounts": kept or "", "proration_behavior": "none"}
        contracts.update(subscription_id, params, f"{key}:discounts")
    release(contracts, str(schedule["id"]), key)
    return contracts.read_back(subscription_id, lambda now: now.contract.schedule_id is None, "no schedule")


def _loan(contracts: LiveContracts, live: Live, price_id: str, months: int, grant_id: str) -> Loan:
    """ProviderError where the difference or its rhythm cannot be told, or the schedule is not ours to write."""
    contract = live.contract
    line, now = contract.line, contract.price_minor
    if contract.status != "active" or line is None or now is None:
        refuse(f"subscription {contract.subscription_id} is not active with one fixed price")
    schedule = part(live.obj.get("schedule"))
    ours = is_bare(schedule) and dict(contract.metadata).get(PENDING_UPGRADE) == grant_id
    if schedule and not ours:
        refuse(f"subscription {contract.subscription_id} is managed by a schedule")
    price = refuse_other_rhythm(contracts, live, line.item_id, price_id)
    if price.unit_amount is None or price.currency != contract.currency:
        refuse(f"price {price_id} has no fixed amount in {contract.currency}")
    difference = price.unit_amount * (line.quantity or 1) - now
    coupon = CouponTerms(
        coupon_id=grant_id,
        name="Plan upgrade",
        amount_off_minor=difference,
        currency=contract.currency,
        months=months,
    )
    return Loan(grant_id, line, price_id, months, coupon if difference > 0 else None)


def _costs_less(contracts: LiveContracts, live: Live, lent_price_id: str) -> bool:
    """Also where the chosen price is not fixed or there are several, as nobody can say that it does not."""
    with contracts.connection.call():
        lent = contracts.v1.prices.retrieve(lent_price_id)
    now, line = live.contract.price_minor, live.contract.line
    if now is None or line is None or lent.unit_amount is None:
        return True
    return now < lent.unit_amount * (line.quantity or 1)


def _schedule_of(contracts: LiveContracts, live: Live, grant_id: str) -> bool:
    """Whether the grant's schedule was made in full; one that is over keeps its metadata."""
    return any(row.get(GRANT) == grant_id for row in _schedule_notes(contracts, live.contract.customer_id))


def _schedule_notes(contracts: LiveContracts, customer_id: str) -> Iterator[Json]:
    """The metadata of the customer's schedules, newest first."""
    params: stripe.params.SubscriptionScheduleListParams = {"customer": customer_id, "limit": PAGE}
    while True:
        with contracts.connection.call():
            page = contracts.v1.subscription_schedules.list(params)
        yield from (part(row.to_dict(for_json=True).get("metadata")) for row in page.data)
        if not page.has_more or not page.data:
            return
        params["starting_after"] = page.data[-1].id


def _marked(contracts: LiveContracts, live: Live, grant_id: str, key: str) -> Live:
    """The mark, and a scheduled end taken back: under a schedule the provider takes no more ends."""
    params = without_end(live)
    params["metadata"] = {PENDING_UPGRADE: grant_id}
    contracts.update(live.contract.subscription_id, params, f"{key}:mark")
    return live


def _unmarked(contracts: LiveContracts, live: Live, key: str) -> Contract:
    subscription_id = live.contract.subscription_id
    now = contracts.get(subscription_id)
    if PENDING_UPGRADE not in dict(now.contract.metadata):
        return now.contract
    contracts.update(subscription_id, {"metadata": {PENDING_UPGRADE: ""}}, f"{key}:unmark")
    return contracts.get(subscription_id).contract


def _make_bare(contracts: LiveContracts, subscription_id: str, key: str) -> None:
    params: stripe.params.SubscriptionScheduleCreateParams = {"from_subscription": subscription_id}
    with contracts.connection.call():
        contracts.v1.subscription_schedules.create(params, options(f"{key}:schedule", params))


def _fill(contracts: LiveContracts, live: Live, loan: Loan, key: str) -> None:
    """The lent price from now on, for whole months since the schedule was made; then as it was.

    The difference comes off first, so that a percentage in force is taken of the old amount as before.
    """
    schedule = part(live.obj.get("schedule"))
    bare = current_phase(schedule)
    if bare is None:
        refuse(f"the schedule of {live.contract.subscription_id} has no phase")
    kept = [{"discount": row} for row in discounts_to_keep(live.obj)]
    paying: list[dict[str, str]] = []
    if loan.coupon is not None:
        paying = [{"coupon": Coupons(contracts).make(loan.coupon, key).coupon_id}]
    ends_at = from_unix(schedule["created"]) + relativedelta(months=loan.months)
    over_at = ends_at + AFTERWARDS
    lent = like(bare, loan.price_id, [*paying, *kept], _seconds(ends_at))
    back = like(bare, loan.line.price_id, _running_at(live, ends_at), _seconds(over_at))
    written: Any = {
        "end_behavior": "release",
        "metadata": _note(loan),
        "phases": [lent, back | {"start_date": _seconds(ends_at)}],
        "proration_behavior": "none",
    }
    with contracts.connection.call():
        contracts.v1.subscription_schedules.update(schedule["id"], written, options(f"{key}:phases", written))


def _running_at(live: Live, instant: datetime) -> list[dict[str, str]]:
    """What is in force and still will be; one that is over by then would be refused or start anew."""
    over = {row.discount_id for row in live.contract.discounts if row.ends_at and row.ends_at <= instant}
    return [{"discount": row} for row in discounts_to_keep(live.obj) if row not in over]


def _note(loan: Loan) -> dict[str, str]:
    coupon = {COUPON: loan.coupon.coupon_id} if loan.coupon else {}
    return {GRANT: loan.grant_id, PRICE_BEFORE: loan.line.price_id, PRICE_LENT: loan.price_id} | coupon


def _holds(live: Live, loan: Loan) -> bool:
    line = live.contract.line
    noted = part(part(live.obj.get("schedule")).get("metadata")).get(GRANT) == loan.grant_id
    paid = loan.coupon is None or bears_coupon(live.obj, loan.coupon.coupon_id)
    return noted and paid and line is not None and line.price_id == loan.price_id


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
