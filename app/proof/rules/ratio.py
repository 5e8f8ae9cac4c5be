"""Whether the arms are of the sizes that they were drawn with. Pure.

If not, somebody is missing from one of them for a reason, and every comparison is wrong: the report is blocked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scipy.stats import chi2

BLOCKED_BELOW = 0.001


@dataclass(frozen=True, slots=True)
class Drawn:
    """The customers of one period of an experiment. `pi`: the chance of being treated."""

    treated: int
    held_out: int
    pi: float


def sample_ratio(periods: Iterable[Drawn]) -> float:
    """The p-value of Pearson's chi-square over all periods; 1 where nobody was drawn.

    80 and 20 drawn at 0.8 give 1, 900 and 100 give 5e-15.
    """
    statistic, freedom = 0.0, 0
    for drawn in periods:
        n = drawn.treated + drawn.held_out
        if n and 0 < drawn.pi < 1:
            statistic += (drawn.treated - n * drawn.pi) ** 2 / (n * drawn.pi * (1 - drawn.pi))
            freedom += 1
    return float(chi2.sf(statistic, freedom)) if freedom else 1.0


def blocked(p_value: float) -> bool:
    return p_value < BLOCKED_BELOW
