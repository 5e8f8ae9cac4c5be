"""Who is compared, as rows and as arrays. Pure.

A unit is a customer with the first eligible event of a period, by the arm that was drawn, whatever was then done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from app.proof.rules.told import Parts

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Unit:
    """One customer. `pi`: the chance that they had to be treated; amounts in minor units of one currency.

    `at_risk_minor` was known before the lot had any effect, `value_minor` came after it.
    """

    treated: bool
    pi: float
    stratum: str
    at_risk_minor: int
    value_minor: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Observed:
    """A unit with what else became of it, all within its time.

    `cancelled`: while late, or within 90 days of the visit. Only late payments have the three after it: `went_back`:
    money of its recovery was refunded or disputed; `contacts`: reminders that were sent. Only offers and win-back have
    the last two: what `value_minor` is made of, and the same of a whole year.
    """

    experiment: str
    control: str
    currency: str
    unit: Unit
    cancelled: bool = False
    recovered: bool = False
    went_back: bool = False
    contacts: int = 0
    parts: Parts | None = None
    year: Parts | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """Units as columns, in order of time. `stratum`: numbers from 0; `x`: at risk; `v`: what came."""

    treated: Bools
    pi: Floats
    stratum: Ints
    x: Floats
    v: Floats

    def __post_init__(self) -> None:
        if len(self.pi) and not (self.pi.min() > 0 and self.pi.max() < 1):
            raise ValueError("who could only come into one arm is in no comparison")

    def __len__(self) -> int:
        return len(self.treated)

    @property
    def n_treated(self) -> int:
        return int(np.count_nonzero(self.treated))

    @property
    def n_held_out(self) -> int:
        return len(self) - self.n_treated

    def until(self, n: int) -> Sample:
        """The first `n` units: what was known at an earlier look."""
        return Sample(self.treated[:n], self.pi[:n], self.stratum[:n], self.x[:n], self.v[:n])


def sample_of(units: Sequence[Unit]) -> Sample:
    """Units as a sample, the earliest first."""
    ordered = sorted(units, key=lambda u: u.at)
    numbers = {name: i for i, name in enumerate(sorted({u.stratum for u in ordered}))}
    return Sample(
        treated=np.array([u.treated for u in ordered], dtype=np.bool_),
        pi=np.array([u.pi for u in ordered], dtype=np.float64),
        stratum=np.array([numbers[u.stratum] for u in ordered], dtype=np.int64),
        x=np.array([u.at_risk_minor for u in ordered], dtype=np.float64),
        v=np.array([u.value_minor for u in ordered], dtype=np.float64),
    )
