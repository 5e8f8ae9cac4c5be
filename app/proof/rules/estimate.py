"""What was collected because of us: an estimate of the share of the money at risk, with its interval. Pure.

Augmented inverse propensity weighting: the two arms are compared after what class and price already tell is taken
out, which makes the interval narrower and cannot bias it, because the lot was ours and its chances are known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.proof.rules.sequence import width
from app.proof.rules.units import Bools, Floats, Sample
from app.proof.rules.verdict import ENOUGH

WINSORISED_AT = 0.99
SHRUNK_BY = 5
"""A class counts as if so many customers with its arm's own rate stood in it."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A share of the money at risk. `sd`: of one customer's part, in the same shares."""

    n: int
    tau: float
    sd: float

    @property
    def half(self) -> float:
        """Half of the always-valid 95% interval."""
        return self.sd * width(self.n)

    @property
    def lower(self) -> float:
        return self.tau - self.half

    @property
    def upper(self) -> float:
        return self.tau + self.half


@dataclass(frozen=True, slots=True)
class Estimate:
    """One look, amounts in minor units. Sums are over treated customers, as they came, without winsorising.

    `incremental = tau * treated at risk`; `anyway = collected - incremental`, with the interval mirrored.
    """

    effect: Effect
    at_risk_minor: int
    collected_minor: int

    @property
    def incremental_minor(self) -> int:
        return round(self.effect.tau * self.at_risk_minor)

    @property
    def lower_minor(self) -> int:
        return round(self.effect.lower * self.at_risk_minor)

    @property
    def upper_minor(self) -> int:
        return round(self.effect.upper * self.at_risk_minor)

    @property
    def anyway_minor(self) -> int:
        """What would have come without us."""
        return self.collected_minor - self.incremental_minor


def estimate(sample: Sample) -> Estimate | None:
    """The estimate at this look; None below 30 customers in an arm, as then no number is said."""
    if min(sample.n_treated, sample.n_held_out) < ENOUGH or not sample.x[sample.treated].sum() > 0:
        return None
    return Estimate(
        effect(sample),
        at_risk_minor=round(sample.x[sample.treated].sum()),
        collected_minor=round(sample.v[sample.treated].sum()),
    )


def effect(sample: Sample) -> Effect:
    """`tau = mean(psi) / mean(x)`, everything fitted on the data up to now."""
    x, v = winsorised(sample.x, sample.v)
    m1 = x * _rates(sample, x, v, sample.treated)
    m0 = x * _rates(sample, x, v, ~sample.treated)
    weight = np.where(sample.treated, 1 / sample.pi, -1 / (1 - sample.pi))
    psi = m1 - m0 + weight * (v - np.where(sample.treated, m1, m0))
    mean = x.mean()
    return Effect(len(sample), float(psi.mean() / mean), float(psi.std(ddof=1) / mean))


def winsorised(x: Floats, v: Floats) -> tuple[Floats, Floats]:
    """No customer counts for more than the 99th percentile of the money at risk; what came is scaled with it.

    At risk 500, paid 250, percentile 200: counts as 200 with 100. Otherwise one large account decides alone.
    """
    cap = np.quantile(x, WINSORISED_AT)
    scale = np.minimum(1.0, np.divide(cap, x, out=np.ones_like(x), where=x > 0))
    return x * scale, v * scale


def _rates(sample: Sample, x: Floats, v: Floats, arm: Bools) -> Floats:
    """Of each customer's class, what an arm's customers paid of what was at risk, shrunk to the arm's own rate:
    `(sum v + 5 xbar r) / (sum x + 5 xbar)`."""
    at_risk, came = np.where(arm, x, 0.0), np.where(arm, v, 0.0)
    whole = at_risk.sum()
    rate = came.sum() / whole if whole > 0 else 0.0
    pull = SHRUNK_BY * x.mean()
    classes = np.bincount(sample.stratum, came) + pull * rate
    found: Floats = (classes / (np.bincount(sample.stratum, at_risk) + pull))[sample.stratum]
    return found
