"""Whether the estimator finds nothing where there is nothing, on this merchant's own customers. Pure.

Treated customers alone are drawn anew into two arms that differ in nothing, many times. How often the interval then
includes zero is known: nearly always. If not, a few large accounts move everything, and no verdict may be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from app.proof.rules.estimate import effect
from app.proof.rules.units import Sample
from app.proof.rules.verdict import ENOUGH, MUST_COVER

DRAWS = 100
MOST = 5_000
"""So many of the latest customers tell as much as all, and cost a second at most."""


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """`covered` of `draws` intervals included the true difference, which is zero."""

    draws: int
    covered: int

    @property
    def passed(self) -> bool:
        return self.covered * 100 >= MUST_COVER * self.draws


def self_check(sample: Sample, seed: int = 1) -> SelfCheck | None:
    """The A/A check; None while an arm would have fewer than 30 customers."""
    keep = np.flatnonzero(sample.treated)[-MOST:]
    pi = sample.pi[keep]
    if min(pi.sum(), (1 - pi).sum()) < ENOUGH or not sample.x[keep].sum() > 0:
        return None
    drawing, covered = np.random.default_rng(seed), 0
    same = Sample(sample.treated[keep], pi, sample.stratum[keep], sample.x[keep], sample.v[keep])
    for _ in range(DRAWS):
        found = effect(replace(same, treated=drawing.random(len(keep)) < pi))
        covered += found.lower <= 0 <= found.upper
    return SelfCheck(DRAWS, covered)
