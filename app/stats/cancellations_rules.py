"""What every number of the cancellations means. Pure.

The unit is one case of the kind cancellation. It belongs to the month (UTC) in which it was opened, for ever.
Every case stands in exactly one place (`Ending`), so the places add up. "Saved" waits for the provider: the
accepted offer is in place there. And saved is not kept: whether somebody stayed is said 30, 60 and 90 days after
the first full-price charge was paid; until then it is pending.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

UNKNOWN = "unknown"


class CancelBy(StrEnum):
    """What the rows of a report are grouped by."""

    MONTH = "month"  # in which the case was opened, UTC
    REASON = "reason"  # the last one that was told
    PLAN = "plan"  # the price of the last invoice before the case, else of the subscription
    PRESET = "preset"  # the rules of the last visit
    ARM = "arm"
    AVOIDABLE = "avoidable"  # whether anything that the merchant does would have helped


class Ending(StrEnum):
    """Where one case stands."""

    SAVED = "saved"
    CANCELLED = "cancelled"
    ELSEWHERE = "elsewhere"  # cancelled by another way, without a visit to the page
    UNDONE = "undone"
    ABANDONED = "abandoned"
    MANUAL = "manual"
    STOPPED = "stopped"  # by hand or erasure
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class OfferMade:
    """An offer within a case. `applied`: the provider shows it; `outcomes` at 30, 60 and 90 days."""

    accepted: bool = False
    applied: bool = False
    outcomes: tuple[str | None, str | None, str | None] = (None, None, None)


@dataclass(frozen=True, slots=True)
class CancelCase:
    """A case with what belongs to it. `structural` None: no reason was told, or it is not known any more.

    `repeat`: the customer had another case before; `preset` None: there was no visit.
    """

    opened_at: datetime
    reason: str = "unasked"
    outcome: str | None = None
    closed: bool = False
    visits: int = 0
    preset: str | None = None
    arm: str = "standard"
    plan: str | None = None
    currency: str | None = None
    structural: bool | None = None
    repeat: bool = False
    offers: Sequence[OfferMade] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """A share of counts, never shown without its two parts."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """`numerator / denominator`; None where there is nothing to share."""
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True, slots=True)
class CancelFigures:
    """Counts of cases, but for `visits`. `shown`, `accepted`: with an offer that was shown, accepted.

    cases = saved + cancelled + elsewhere + undone + abandoned + manual + stopped + open.
    Of the saved, at each of 30, 60 and 90 days: saved = kept + left + pending.
    """

    cases: int = 0
    visits: int = 0
    repeat: int = 0
    shown: int = 0
    accepted: int = 0
    saved: int = 0
    cancelled: int = 0
    elsewhere: int = 0
    undone: int = 0
    abandoned: int = 0
    manual: int = 0
    stopped: int = 0
    open: int = 0
    kept_30: int = 0
    left_30: int = 0
    kept_60: int = 0
    left_60: int = 0
    kept_90: int = 0
    left_90: int = 0

    def __add__(self, other: CancelFigures) -> CancelFigures:
        return CancelFigures(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def save_rate(self) -> Share:
        """`saved / (saved + cancelled + manual)`: who was undecided, came back or never came to the page is in
        neither part."""
        return Share(self.saved, self.saved + self.cancelled + self.manual)

    def kept(self, days: int) -> Share:
        """`kept / (kept + left)` at 30, 60 or 90 days: those of whom it is known."""
        kept, left = getattr(self, f"kept_{days}"), getattr(self, f"left_{days}")
        return Share(kept, kept + left)

    def pending(self, days: int) -> int:
        """Saved cases of which it cannot be said yet."""
        return self.saved - self.kept(days).denominator


def ending(case: CancelCase) -> Ending:
    """The one place in which a case is counted."""
    if case.outcome == "cancelled" and not case.visits:
        return Ending.ELSEWHERE
    named = {Ending.SAVED, Ending.CANCELLED, Ending.UNDONE, Ending.ABANDONED, Ending.MANUAL}
    if case.outcome in {e.value for e in named}:
        return Ending(case.outcome)
    return Ending.STOPPED if case.closed else Ending.OPEN


def figures_of(case: CancelCase) -> CancelFigures:
    """The figures of one case; a report is the sum of these."""
    place = ending(case)
    counts = {place.value: 1}
    held = [offer for offer in case.offers if offer.applied]
    if place is Ending.SAVED and held:
        for days, outcome in zip((30, 60, 90), held[-1].outcomes, strict=True):
            if outcome is not None:
                counts[f"{outcome}_{days}"] = 1
    return CancelFigures(
        cases=1,
        visits=case.visits,
        repeat=int(case.repeat),
        shown=int(bool(case.offers)),
        accepted=int(any(offer.accepted for offer in case.offers)),
        **counts,
    )


def group_of(case: CancelCase, by: CancelBy) -> str:
    """The row in which a case is counted."""
    match by:
        case CancelBy.MONTH:
            return f"{case.opened_at:%Y-%m}"
        case CancelBy.REASON:
            return case.reason
        case CancelBy.PLAN:
            return case.plan or UNKNOWN
        case CancelBy.PRESET:
            return case.preset or "no visit"
        case CancelBy.ARM:
            return case.arm
        case CancelBy.AVOIDABLE:
            return {True: "structural", False: "avoidable", None: UNKNOWN}[case.structural]
