"""Which arm a customer is in: the hold-out first, then the arms of the experiment. Pure and sticky.

Two lots by hash, the same for every run and every worker. The first one knows nothing of the experiment: who is held
out is held out everywhere, so what all campaigns do together can be measured. The second one is the experiment's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

BUCKETS = 10_000
SALT = "reclaim"
"""Constant, so that the lot of a year can be drawn again from nothing but the customers' ids."""
TREATED = "treated"


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is compared. `control`: the arm of who is held out; None: nobody ever is.

    `arms`: names to weights, which are shares of who is not held out after division by their sum.
    """

    scope: str
    control: str | None = None
    arms: Mapping[str, float] = field(default_factory=lambda: {TREATED: 1.0})


@dataclass(frozen=True, slots=True)
class Assignment:
    """An arm, in which experiment and year (`experiment` is the name of a `Period`), and the chance it had."""

    experiment: str
    arm: str
    propensity: float


@dataclass(frozen=True, slots=True)
class Period:
    """One year of one experiment under one share: only who was drawn under the same odds is compared."""

    scope: str
    year: int
    holdout_share: float = 0.0
    control: str | None = None

    @property
    def name(self) -> str:
        """`dunning:2026:0.2:minimal`; `dunning:2026:0` where nobody is held out."""
        held = f"{self.holdout_share:g}:{self.control}" if self.control and self.holdout_share else "0"
        return f"{self.scope}:{self.year}:{held}"

    @property
    def could_be_either(self) -> bool:
        """Whether its customers could have come to the control arm and to another one. An arm's own propensity does
        not tell: where an experiment has several, each is below 1 also while nobody is held out."""
        return self.control is not None and 0 < self.holdout_share < 1

    @classmethod
    def of(cls, name: str) -> Period:
        """The period of a name; raises ValueError for a text that is none."""
        scope, year, share, *control = name.split(":")
        return cls(scope, int(year), float(share), control[0] if control else None)


def draw(experiment: Experiment, holdout_share: float, year: int, customer_id: str) -> Assignment:
    """The customer's arm in a calendar year (UTC) of the first eligible event, and the chance it had."""
    share = holdout_share if experiment.control is not None else 0.0
    name = Period(experiment.scope, year, share, experiment.control).name
    if experiment.control is not None and is_held_out(share, year, customer_id):
        return Assignment(name, experiment.control, share)
    arm, weight = _weighed(experiment.arms, _point(experiment.scope, year, customer_id))
    return Assignment(name, arm, (1 - share) * weight)


def is_held_out(share: float, year: int, customer_id: str) -> bool:
    """The first lot. Buckets nest: under a larger share everyone stays held out who was."""
    return _point("holdout", year, customer_id) < share


def _point(lot: str, year: int, customer_id: str) -> float:
    """Where on the scale from 0 to 1 a customer stands in a lot of a year."""
    digest = hashlib.sha256(f"{SALT}|{lot}|{year}|{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8]) % BUCKETS / BUCKETS


def _weighed(arms: Mapping[str, float], point: float) -> tuple[str, float]:
    """The arm at a point, and its share."""
    total = sum(arms.values())
    edge = 0.0
    for arm, weight in arms.items():
        edge += weight / total
        if point < edge:
            return arm, weight / total
    arm, weight = list(arms.items())[-1]  # the edge fell short of one by rounding
    return arm, weight / total
