"""What offers change: who might be offered something against who is offered nothing. Pure.

The unit is a customer: their first case of the time, whatever came of it, so that accepting is not rewarded by
being counted. Only who could have come into either arm is compared. Both arms are measured on the same days after
the visit, once these have passed. Below 30 customers in an arm nothing is said. What offers bring in money is not said
here, as years of other odds stand together: app/proof estimates it, with its interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.stats.cancellations_rules import Share
from app.stats.offers_rules import Receipt

ENOUGH = 30
MILESTONES = (30, 60, 90)


@dataclass(frozen=True, slots=True)
class Compared:
    """The first case of a customer. `left_at`: when they cancelled for good, also if the end comes later;
    `in_kind_minor`: benefits that no invoice shows; `held_out`: their arm is offered nothing."""

    opened_at: datetime
    currency: str
    held_out: bool
    left_at: datetime | None = None
    in_kind_minor: int = 0
    receipts: Sequence[Receipt] = ()


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm at a milestone. `net_minor`: received after refunds and disputes, minus benefits in kind."""

    cases: int = 0
    subscribed: int = 0
    net_minor: int = 0

    @property
    def share(self) -> Share:
        """Still subscribed, of the arm's customers."""
        return Share(self.subscribed, self.cases)

    @property
    def net_per_case_minor(self) -> int | None:
        """Rounded to a minor unit; None where there is nobody."""
        return round(self.net_minor / self.cases) if self.cases else None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both arms so many days after the visit, in one currency."""

    days: int
    currency: str
    held_out: Arm
    offered: Arm

    @property
    def enough(self) -> bool:
        return min(self.held_out.cases, self.offered.cases) >= ENOUGH

    @property
    def share_difference(self) -> float | None:
        """Share still subscribed, offered minus held out; None below 30 customers in an arm."""
        if not self.enough:
            return None
        return self.offered.subscribed / self.offered.cases - self.held_out.subscribed / self.held_out.cases

    @property
    def words(self) -> str:
        """What may be said: `not enough: 12 of 30 held out, 80 of 30 offered` or `not proof`."""
        if self.enough:
            return "a difference, no proof: chance alone makes differences too"
        return f"not enough: {self.held_out.cases} of {ENOUGH} held out, {self.offered.cases} of {ENOUGH} offered"


def compare(found: Iterable[Compared], *, now: datetime) -> list[Comparison]:
    """Every currency at 30, 60 and 90 days; only who has got so far."""
    by_currency: dict[str, list[Compared]] = {}
    for case in found:
        by_currency.setdefault(case.currency, []).append(case)
    return [
        Comparison(
            days,
            currency,
            _arm([c for c in cases if c.held_out], days, now),
            _arm([c for c in cases if not c.held_out], days, now),
        )
        for currency, cases in sorted(by_currency.items())
        for days in MILESTONES
    ]


def _arm(cases: Sequence[Compared], days: int, now: datetime) -> Arm:
    span = timedelta(days=days)
    ripe = [c for c in cases if c.opened_at + span <= now]
    return Arm(
        cases=len(ripe),
        subscribed=sum(c.left_at is None or c.left_at > c.opened_at + span for c in ripe),
        net_minor=sum(_received(c, c.opened_at + span) - c.in_kind_minor for c in ripe),
    )


def _received(case: Compared, until: datetime) -> int:
    return sum(r.kept_minor for r in case.receipts if case.opened_at <= r.paid_at < until)
