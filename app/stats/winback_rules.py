"""What every number of win-back means. Pure.

The unit is one lapse: a subscription that ended. It belongs to the month (UTC) of its end for ever, also if somebody
comes back years later. Whoever came back without an offer of ours and without a click is natural and not claimed; the
hold-out's returns are what would happen anyway. Nothing here proves a cause.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum

from app.stats.cancellations_rules import Share

MILESTONES = (30, 60, 90, 365)
Outcomes = tuple[str | None, str | None, str | None, str | None]


class WinbackBy(StrEnum):
    """What the rows of a report are grouped by; always by currency as well."""

    MONTH = "month"  # of the end, UTC
    KIND = "kind"  # involuntary, voluntary, switched, moved, closed
    REASON = "reason"
    STEP = "step"  # how many mails of the sequence went
    OFFER = "offer"  # that was taken, else the last that was made
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class LapseCase:
    """A lapse with what belongs to it. `how`: by which way they came back, None if they have not; `outcomes` at 30,
    60, 90 and 365 days after the first full-price charge of the second life was paid; `paid_minor`: since the return,
    after refunds."""

    enrolled: bool = False
    held_out: bool = False
    mails: int = 0
    clicked: bool = False
    how: str | None = None
    paid_minor: int = 0
    outcomes: Outcomes = (None, None, None, None)


@dataclass(frozen=True, slots=True)
class WinbackFigures:
    """Counts of lapses, but for `received_minor`. `enrolled` and `held_out` have a sequence, `uninvited` has none.

    returned = by_offer + by_page + stayed; `natural` are the enrolled who came back without an offer or a click.
    At each of 30, 60, 90 and 365 days: returned = kept + left + pending.
    """

    lapses: int = 0
    enrolled: int = 0
    held_out: int = 0
    mailed: int = 0
    clicked: int = 0
    by_offer: int = 0
    by_page: int = 0
    stayed: int = 0
    natural: int = 0
    held_out_returned: int = 0
    uninvited_returned: int = 0
    received_minor: int = 0
    kept_30: int = 0
    left_30: int = 0
    kept_60: int = 0
    left_60: int = 0
    kept_90: int = 0
    left_90: int = 0
    kept_365: int = 0
    left_365: int = 0

    def __add__(self, other: WinbackFigures) -> WinbackFigures:
        return WinbackFigures(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def returned(self) -> int:
        """Through our page: not proof that a mail brought them."""
        return self.by_offer + self.by_page + self.stayed

    @property
    def return_rate(self) -> Share:
        """`(returned + natural) / enrolled`, by whatever way: to be compared with `held_out_rate`."""
        return Share(self.returned + self.natural, self.enrolled)

    @property
    def held_out_rate(self) -> Share:
        """`held_out_returned / held_out`: what happens without a mail."""
        return Share(self.held_out_returned, self.held_out)

    def kept(self, days: int) -> Share:
        """`kept / (kept + left)` at 30, 60, 90 or 365 days: those who returned through our page and of whom it is
        known."""
        kept, left = getattr(self, f"kept_{days}"), getattr(self, f"left_{days}")
        return Share(kept, kept + left)

    def pending(self, days: int) -> int:
        """Returned, and it cannot be said yet."""
        return self.returned - self.kept(days).denominator


WAYS = {"offer": "by_offer", "page": "by_page", "stayed": "stayed", "natural": "natural"}


def figures_of(lapse: LapseCase) -> WinbackFigures:
    """The figures of one lapse; a report is the sum of these."""
    place = _place(lapse)
    counts = {place: 1} if place else {}
    ours = place in ("by_offer", "by_page", "stayed")
    if ours:
        for days, outcome in zip(MILESTONES, lapse.outcomes, strict=True):
            if outcome is not None:
                counts[f"{outcome}_{days}"] = 1
    return WinbackFigures(
        lapses=1,
        enrolled=int(lapse.enrolled and not lapse.held_out),
        held_out=int(lapse.enrolled and lapse.held_out),
        mailed=int(lapse.mails > 0),
        clicked=int(lapse.clicked),
        received_minor=lapse.paid_minor if ours else 0,
        **counts,
    )


def _place(lapse: LapseCase) -> str | None:
    """The one column in which a return is counted."""
    if lapse.how is None:
        return None
    if not lapse.enrolled:
        return "uninvited_returned"
    return "held_out_returned" if lapse.held_out else WAYS[lapse.how]
