"""How often one person is written to, over all campaigns. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Caps:
    """One contact in `spacing`, `per_period` in any `period`, `per_episode` of one case."""

    spacing: timedelta
    period: timedelta
    per_period: int
    per_episode: int


def first_free(contacts: Sequence[datetime], now: datetime, caps: Caps) -> datetime:
    """The first instant from `now` on at which one more contact keeps to spacing and period.

    `contacts` are past ones, in any order. A contact leaves the period when it is exactly so old:
    three on Monday at ten are free again on the next Monday at ten.
    """
    past = sorted(contacts)
    free = now
    if past:
        free = max(free, past[-1] + caps.spacing)
    if len(past) >= caps.per_period:
        free = max(free, past[-caps.per_period] + caps.period)
    return free


def left(contacts: Sequence[datetime], now: datetime, caps: Caps) -> int:
    """How many more contacts the period allows now; the spacing may still hold them back."""
    return max(0, caps.per_period - sum(at > now - caps.period for at in contacts))
