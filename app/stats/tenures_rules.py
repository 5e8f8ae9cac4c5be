"""A tenure: one unbroken time of one customer over all their subscriptions. Pure.

It begins with the first paid time (after a trial) and ends with the last. A gap of up to a day joins: an upgrade that
ends one subscription and begins another is no loss. Who comes back later begins a new tenure. Only what was paid for
counts: a trial that was never paid, or a free plan, is no tenure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

GRACE = timedelta(days=1)
NEVER = datetime.max.replace(tzinfo=UTC)
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Plan:
    """What was subscribed to. `term`: `month`, `year`, `3 months`."""

    price_id: str | None = None
    term: str | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """The paid time of one subscription. `ended_at` None: it goes on, also while it is paused or late.

    `involuntary`: it ended for non-payment; `structural`: whether nothing would have helped, None where no reason
    was told.
    """

    subscription_id: str
    began_at: datetime
    ended_at: datetime | None = None
    involuntary: bool = False
    reason: str | None = None
    structural: bool | None = None
    plan: Plan = Plan()


@dataclass(frozen=True, slots=True)
class Tenure:
    """Number 1 is the first. How it ended, and the plan, are those of the subscription that lasted longest."""

    number: int
    began_at: datetime
    ended_at: datetime | None
    last: Served


def tenures(served: Iterable[Served]) -> list[Tenure]:
    """The unbroken times of one customer, oldest first."""
    found: list[Tenure] = []
    for time in sorted(served, key=lambda s: (s.began_at, s.subscription_id)):
        before = found[-1] if found else None
        if before is None or (before.ended_at is not None and time.began_at > before.ended_at + GRACE):
            found.append(Tenure(len(found) + 1, time.began_at, time.ended_at, time))
        elif (time.ended_at or NEVER) >= (before.ended_at or NEVER):
            found[-1] = replace(before, ended_at=time.ended_at, last=time)
    return found


def began_at(
    created_at: datetime | None, trial_end_at: datetime | None, first_paid_at: datetime | None
) -> datetime | None:
    """When paid time began: with the subscription, or when its trial was over; a trial given later changes nothing.

    Where the provider's row says nothing, with the first payment.
    """
    if created_at is None:
        return first_paid_at
    if trial_end_at is None or (first_paid_at is not None and first_paid_at < trial_end_at):
        return created_at
    return max(created_at, trial_end_at)


def plan_of(items: Sequence[Mapping[str, Any]] | None) -> Plan:
    """The plan by the first item of a subscription."""
    item = items[0] if items else {}
    return Plan(
        item.get("price_id"), term_of(item.get("interval"), item.get("interval_count")), item.get("currency")
    )


def term_of(interval: str | None, count: int | None) -> str | None:
    """`month`, `year`, `3 months`; twelve months are a year."""
    if interval is None:
        return None
    if interval == "month" and count == 12:
        return "year"
    return interval if count in (None, 1) else f"{count} {interval}s"
