"""Which plan somebody returns to: the one they had, else what stands in its place. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.offers.rules.for_return import LastPlan
from app.winback.ports import Plan

LONGEST_CHAIN = 5


@dataclass(frozen=True, slots=True)
class Way:
    """The plan to return to. `name` None: unknown; `is_other`: a successor of the one they had."""

    plan: LastPlan
    name: str | None
    is_other: bool = False


def candidates(price_id: str | None, successors: Mapping[str, str]) -> list[str]:
    """The price they had and its successors, nearest first; `a -> b -> a` ends by itself."""
    found: list[str] = []
    while price_id is not None and price_id not in found and len(found) < LONGEST_CHAIN:
        found.append(price_id)
        price_id = successors.get(price_id)
    return found


def way_to(
    last: LastPlan, name: str | None, successors: Mapping[str, str], plans: Mapping[str, Plan] | None
) -> Way | None:
    """The first that can be bought; None if none can. `plans` None: the provider did not say, so it is the old one."""
    if last.price_id is None or last.amount_minor is None:
        return None  # several items, or billed by use: no page can be made of that
    if plans is None:
        return Way(last, name)
    for price_id in candidates(last.price_id, successors):
        plan = plans.get(price_id)
        if plan is not None and plan.price.active and plan.price.amount_minor is not None:
            is_other = price_id != last.price_id
            return Way(_as_of_now(last, plan), (plan.name if is_other else None) or name, is_other)
    return None


def _as_of_now(last: LastPlan, plan: Plan) -> LastPlan:
    price = plan.price
    return replace(
        last,
        price_id=price.price_id,
        product_id=plan.product_id or last.product_id,
        amount_minor=price.amount_minor,
        currency=price.currency,
        interval=price.interval,
        interval_count=price.interval_count,
    )
