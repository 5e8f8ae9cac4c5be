"""What every number of the offers means. Pure.

The unit is one grant: an offer that was shown to one customer. It belongs to the month (UTC) in which it was
shown, for ever. Amounts of different currencies are never added. What was received is counted after refunds and
disputes, so a discount is missing from it already: the discount has a column of its own and is never taken off
again. Only a benefit that no invoice shows, a higher plan without its price, is taken off. Nothing here proves
a cause: offers_holdout.py compares with who was offered nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum

from app.stats.cancellations_rules import UNKNOWN, Share

MEASURED_FOR = timedelta(days=90)
FULL_FROM = timedelta(days=2)
"""So long before the day that was expected an invoice already is the first one at the full price."""


class OfferBy(StrEnum):
    """What the rows of a report are grouped by; always by currency as well."""

    OFFER = "offer"
    KIND = "kind"
    REASON = "reason"  # that it answers
    PLAN = "plan"
    PRESET = "preset"
    MONTH = "month"  # in which it was shown, UTC
    ARM = "arm"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A paid invoice of the subscription. `kept_minor`: after refunds and disputes; `renewal`: not a change."""

    created_at: datetime
    paid_at: datetime
    kept_minor: int
    renewal: bool = True


@dataclass(frozen=True, slots=True)
class OfferCase:
    """A grant with what came after it. `applied_at` None also for what changes nothing at the provider.

    `off_minor`: what a period is cheaper while a discount lasts; `saved_minor`: in all, at most. `in_kind_minor`:
    what a benefit costs that no invoice shows; `booked_minor`: of the budget, nothing once it has failed.
    """

    offer: str
    kind: str
    state: str
    currency: str
    shown_at: datetime
    arm: str = "standard"
    reason: str | None = None
    plan: str | None = None
    preset: str | None = None
    accepted_at: datetime | None = None
    applied_at: datetime | None = None
    full_charge_at: datetime | None = None
    full_paid_at: datetime | None = None
    outcomes: tuple[str | None, str | None, str | None] = (None, None, None)
    booked_minor: int = 0
    off_minor: int = 0
    saved_minor: int = 0
    in_kind_minor: int = 0
    receipts: Sequence[Receipt] = ()


@dataclass(frozen=True, slots=True)
class OfferFigures:
    """Counts of grants, and amounts in minor units.

    `cost`: booked against budgets. `discount`: given so far. `received`: paid since it was applied, until 90
    days after the first full-price charge, after refunds and disputes. `in_kind`: the cost of benefits that no
    invoice shows. At each of 30, 60 and 90 days: applied = kept + left + pending.
    """

    shown: int = 0
    accepted: int = 0
    applied: int = 0
    failed: int = 0
    declined: int = 0
    expired: int = 0
    kept_30: int = 0
    left_30: int = 0
    kept_60: int = 0
    left_60: int = 0
    kept_90: int = 0
    left_90: int = 0
    cost_minor: int = 0
    discount_minor: int = 0
    received_minor: int = 0
    in_kind_minor: int = 0

    def __add__(self, other: OfferFigures) -> OfferFigures:
        return OfferFigures(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def net_minor(self) -> int:
        """`received - in_kind`: the discount is missing from what was received, and is not taken off again."""
        return self.received_minor - self.in_kind_minor

    def kept(self, days: int) -> Share:
        """`kept / (kept + left)` at 30, 60 or 90 days: those of whom it is known."""
        kept, left = getattr(self, f"kept_{days}"), getattr(self, f"left_{days}")
        return Share(kept, kept + left)

    def pending(self, days: int) -> int:
        """Applied offers of which it cannot be said yet."""
        return self.applied - self.kept(days).denominator


def figures_of(grant: OfferCase) -> OfferFigures:
    """The figures of one grant; a report is the sum of these."""
    applied = grant.applied_at is not None
    counts = {}
    if applied:
        for days, outcome in zip((30, 60, 90), grant.outcomes, strict=True):
            if outcome is not None:
                counts[f"{outcome}_{days}"] = 1
    if grant.state in ("failed", "declined", "expired"):
        counts[grant.state] = 1
    return OfferFigures(
        shown=1,
        accepted=int(grant.accepted_at is not None),
        applied=int(applied),
        cost_minor=grant.booked_minor,
        discount_minor=discount_minor(grant),
        received_minor=received_minor(grant),
        in_kind_minor=grant.in_kind_minor if applied else 0,
        **counts,
    )


def received_minor(grant: OfferCase) -> int:
    """`paid - refunded - lost or early disputes`, of what was paid since it was applied, until 90 days after the
    first full-price charge was paid."""
    if grant.applied_at is None:
        return 0
    end = grant.full_paid_at + MEASURED_FOR if grant.full_paid_at else None
    return sum(
        r.kept_minor
        for r in grant.receipts
        if r.paid_at >= grant.applied_at and (end is None or r.paid_at < end)
    )


def discount_minor(grant: OfferCase) -> int:
    """The `sum of what was taken off invoices so far`: by each renewal before the full price comes back, never more
    in all than the terms say."""
    full = grant.full_charge_at
    if grant.applied_at is None or full is None or not grant.saved_minor:
        return 0
    cheaper = [r for r in grant.receipts if r.renewal and grant.applied_at <= r.created_at < full - FULL_FROM]
    return min(grant.saved_minor, grant.off_minor * len(cheaper))


def group_of(grant: OfferCase, by: OfferBy) -> str:
    """The row in which a grant is counted."""
    match by:
        case OfferBy.OFFER:
            return grant.offer
        case OfferBy.KIND:
            return grant.kind
        case OfferBy.REASON:
            return grant.reason or "unasked"
        case OfferBy.PLAN:
            return grant.plan or UNKNOWN
        case OfferBy.PRESET:
            return grant.preset or "none"
        case OfferBy.MONTH:
            return f"{grant.shown_at:%Y-%m}"
        case OfferBy.ARM:
            return grant.arm
