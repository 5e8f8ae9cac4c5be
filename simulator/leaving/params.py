"""What a world of cancel sessions is made of. Shares are of one, hazards a month; A: assumed, O: operators' data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

TYPES = ("bluffer", "price", "pause", "fixable", "gone")
BLUFFER, PRICE, PAUSE, FIXABLE, GONE = range(5)

REASONS = ("too_expensive", "not_using", "missing_feature", "poor_service", "temporary", "switched", "other")
TELLS = (  # by type: how likely each reason is given
    (0.50, 0.15, 0.05, 0.05, 0.05, 0.05, 0.15),
    (0.70, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05),
    (0.15, 0.65, 0.00, 0.00, 0.15, 0.00, 0.05),
    (0.15, 0.05, 0.40, 0.30, 0.00, 0.05, 0.05),
    (0.33, 0.20, 0.08, 0.06, 0.02, 0.16, 0.15),
)
PERSUADED_BY = (10, 20, 30, 50)  # percent
PERSUADED_SHARES = (0.25, 0.35, 0.25, 0.15)


@dataclass(frozen=True, slots=True)
class LeavingParams:
    """One world's constants."""

    bluffer: float = 0.10
    price: float = 0.18
    pause: float = 0.12
    fixable: float = 0.08
    takes_fitting: float = 0.85  # A
    takes_other: float = 0.05
    bluffer_takes: float = 0.80  # of any discount: the free rider
    on_discount: float = 0.12  # O: leaves a month, while it lasts
    at_its_end: float = 0.55
    afterwards: float = 0.08
    resumes: float = 0.54  # O: after a pause
    after_pause: float = 0.10
    trained: float = 1.5  # A: leaves so much likelier later, who has once been given a discount
    returns: float = 0.375  # O: share that ever comes back without being asked
    return_shape: float = 0.56
    return_scale: float = 19.5  # months
    service_returns: float = 0.6  # A: who left for the service comes back less
    second_life: float = 0.082

    @property
    def shares(self) -> tuple[float, ...]:
        known = (self.bluffer, self.price, self.pause, self.fixable)
        return (*known, 1 - sum(known))


RANGES: dict[str, tuple[float, float]] = {
    "bluffer": (0.05, 0.20),
    "price": (0.04, 0.30),
    "pause": (0.05, 0.20),
    "fixable": (0.03, 0.12),
    "resumes": (0.43, 0.89),
    "trained": (1.0, 3.0),
    "returns": (0.094, 0.844),
}


def drawn(seed: int) -> LeavingParams:
    """A world's constants from their ranges; the same seed always gives the same."""
    chance = np.random.default_rng([seed, 5])
    values: dict[str, Any] = {name: float(chance.uniform(*bounds)) for name, bounds in RANGES.items()}
    return replace(LeavingParams(), **values)
