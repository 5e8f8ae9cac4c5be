"""What every number of retention means. Pure.

Of the paying customers at the start of a period (BC), R are still there at its end. What moves these numbers is a
tenure that begins or ends (tenures_rules.py); who left and came back within the period is a loss and a newcomer.
Newcomers who leave within the period they joined in are in neither retention nor churn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from app.stats.cancellations_rules import Share
from app.stats.months import first_of, last_of

STRUCTURAL_A_YEAR = 0.05
"""What structural reasons take of yearly customers anyway, whoever the merchant is: shown beside attrition."""


class RetentionBy(StrEnum):
    """What the rows of a report are grouped by."""

    MONTH = "month"
    PERIOD = "period"  # the whole time as one
    PLAN = "plan"  # the whole time, by the last plan of each customer
    TERM = "term"  # the whole time, by how long a term of that plan is
    COHORT = "cohort"  # the month in which they joined


@dataclass(frozen=True, slots=True)
class Joins:
    """How many tenures began."""

    joined: int = 0

    def __add__(self, other: Joins) -> Joins:
        return Joins(self.joined + other.joined)


@dataclass(frozen=True, slots=True)
class Leaves:
    """How many tenures ended. `structural` and `avoidable` are parts of `voluntary`; without a reason it is neither."""

    voluntary: int = 0
    involuntary: int = 0
    structural: int = 0
    avoidable: int = 0

    @property
    def all(self) -> int:
        return self.voluntary + self.involuntary

    def __add__(self, other: Leaves) -> Leaves:
        return Leaves(  # spelt out: it is added some thousand times for a page
            self.voluntary + other.voluntary,
            self.involuntary + other.involuntary,
            self.structural + other.structural,
            self.avoidable + other.avoidable,
        )


@dataclass(frozen=True, slots=True)
class Movement:
    """What happened on a day with customers who had joined on a day; each day may stand for its whole month."""

    joined_on: date
    on: date
    joined: int = 0
    left: Leaves = Leaves()


@dataclass(frozen=True, slots=True)
class RetentionFigures:
    """Counts of customers. `voluntary` to `avoidable` are of those who were there at the start and left.

    at_start = still_there + voluntary + involuntary; joined = joined_still_there + those who left in between.
    """

    at_start: int = 0
    voluntary: int = 0
    involuntary: int = 0
    structural: int = 0
    avoidable: int = 0
    joined: int = 0
    joined_still_there: int = 0

    @property
    def still_there(self) -> int:
        """R: of those at the start."""
        return self.at_start - self.voluntary - self.involuntary

    @property
    def at_end(self) -> int:
        """RC: R + NC."""
        return self.still_there + self.joined_still_there

    @property
    def retention(self) -> Share:
        """`R / BC x 100`, as a share. 100 at the start, 5 of them leave: 95 %."""
        return Share(self.still_there, self.at_start)

    @property
    def churn(self) -> Share:
        """`1 - R / BC`, that is those of BC who left, through BC. With retention it makes 100 %."""
        return Share(self.at_start - self.still_there, self.at_start)

    @property
    def from_totals(self) -> Share:
        """The well-known `(RC - NC) / BC`; equals retention, as NC counts only newcomers who are still there."""
        return Share(self.at_end - self.joined_still_there, self.at_start)

    @property
    def net_change(self) -> Share:
        """`(BC - RC) / BC` over all customers: positive where the number shrinks. It is no churn."""
        return Share(self.at_start - self.at_end, self.at_start)

    @property
    def structural_share(self) -> Share:
        """`structural / (structural + avoidable)`, of those whose reason is known."""
        return Share(self.structural, self.structural + self.avoidable)


def figures_of(movements: Iterable[Movement], first: date, last: date) -> RetentionFigures:
    """The figures from a first to a last day, both included.

    Movements that stand for months need a first day of a month, and any day of the last one.
    """
    there, left, joined, gone = 0, Leaves(), 0, 0
    for moved in movements:
        if moved.on > last:
            continue
        if moved.on < first:
            there += moved.joined - moved.left.all
        elif moved.joined_on < first:
            left += moved.left
        else:
            joined += moved.joined
            gone += moved.left.all
    return RetentionFigures(
        there, left.voluntary, left.involuntary, left.structural, left.avoidable, joined, joined - gone
    )


def figures_of_months(movements: Iterable[Movement], months: Sequence[date]) -> list[RetentionFigures]:
    """`figures_of` for each of some months, one after the other, looking at each movement once.

    Who was there at the start of a month: who was there at the start of the one before and after all that happened
    in it.
    """
    within: dict[date, list[Movement]] = {month: [] for month in months}
    begins, there = min(months, default=date.max), 0
    for moved in movements:
        if moved.on < begins:
            there += moved.joined - moved.left.all
        elif (month := first_of(moved.on)) in within:
            within[month].append(moved)
    found = []
    for month, mine in within.items():
        figures = replace(figures_of(mine, month, last_of(month)), at_start=there)
        there = figures.at_end
        found.append(figures)
    return found


def cohort(movements: Iterable[Movement], joined_on: date, ends: Sequence[date]) -> list[Share]:
    """`of those who joined in a month, still there after k months / joined`, one share for each of the ends.

    `joined_on`: the first day of their month; `ends`: the last day of that month, of the next, and so on.
    """
    mine = [m for m in movements if m.joined_on == joined_on]
    joined = sum(m.joined for m in mine)
    return [Share(joined - sum(m.left.all for m in mine if m.on <= end), joined) for end in ends]
