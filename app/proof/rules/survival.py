"""How many are still there after so long, of whom some have not been watched so long yet. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import CensoredData, ecdf
from scipy.stats import logrank as _logrank

MARKS = (0, 30, 60, 90, 180, 365)
"""Days at which the numbers at risk are shown."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A Kaplan-Meier curve. `steps`: from this day on, this share is still there; it begins with (0, 1).

    `at_risk`: how many were still there and watched, at each of `MARKS`.
    """

    n: int
    ended: int
    steps: tuple[tuple[float, float], ...]
    at_risk: tuple[int, ...]

    def share(self, day: float) -> float:
        """The share still there after so many days."""
        return [share for since, share in self.steps if since <= day][-1]


def survival(durations: Sequence[float], ended: Sequence[bool]) -> Curve:
    """The curve of these lives. `durations`: days, `ended`: whether it then ended, else it was watched no longer."""
    days, over = np.asarray(durations, dtype=np.float64), np.asarray(ended, dtype=np.bool_)
    at_risk = tuple(int(np.count_nonzero(days >= mark)) for mark in MARKS)
    if not len(days):
        return Curve(0, 0, ((0.0, 1.0),), at_risk)
    found = ecdf(_censored(days, over)).sf
    steps = [(0.0, 1.0)]
    for day, share in zip(found.quantiles.tolist(), found.probabilities.tolist(), strict=True):
        if day == steps[-1][0]:
            steps[-1] = (day, share)
        elif share < steps[-1][1]:
            steps.append((day, share))
    return Curve(len(days), int(np.count_nonzero(over)), tuple(steps), at_risk)


def logrank(
    durations: Sequence[float], ended: Sequence[bool], others: Sequence[float], others_ended: Sequence[bool]
) -> float | None:
    """The `p-value of the log-rank test` between two curves, a secondary figure; None where nobody's life ended."""
    if not (any(ended) or any(others_ended)) or not len(durations) or not len(others):
        return None
    first = _censored(np.asarray(durations, dtype=np.float64), np.asarray(ended, dtype=np.bool_))
    second = _censored(np.asarray(others, dtype=np.float64), np.asarray(others_ended, dtype=np.bool_))
    return float(_logrank(first, second).pvalue)


def _censored(days: np.ndarray, over: np.ndarray) -> CensoredData:
    return CensoredData(uncensored=days[over], right=days[~over])
