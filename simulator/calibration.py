"""Six published figures that a world must reproduce before anything is concluded from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simulator.ledger import BY_RETRY
from simulator.params import NSF
from simulator.policies.mailing import NoMails, OnDays
from simulator.retries import Retries
from simulator.running import run
from simulator.world import World


@dataclass(frozen=True, slots=True)
class Target:
    """A figure and its tolerance; a world may be three tolerances off."""

    figure: float
    tolerance: float

    def off(self, found: float) -> float:
        """In tolerances."""
        return abs(found - self.figure) / self.tolerance


TARGETS: Mapping[str, Target] = {
    "by retries on days 1 and 3, before any mail": Target(0.21, 0.01),
    "four retries, mails 0/3/7": Target(0.50, 0.02),
    "of recoveries, by a retry": Target(0.615, 0.02),
    "of recoveries, within ten days": Target(0.88, 0.02),
    "for want of funds, with perfect timing": Target(0.72, 0.03),
    "eight retries in four weeks, six mails": Target(0.57, 0.02),
}
TOLERATED = 3.0

SHORT = Retries((1, 3, 5, 7))
LONG = Retries((1, 3, 5, 8, 12, 16, 21, 27))
PERFECT = Retries((1, 3, 5, 8, 12, 16, 21, 27), perfect=True)
SIX_MAILS = OnDays((0, 3, 7, 15, 20, 30))


def figures(world: World) -> dict[str, float]:
    """The same figures of this world, by the names of TARGETS."""
    first = run(world, NoMails(), Retries((1, 3)))
    short = run(world, OnDays((0, 3, 7)), SHORT)
    long = run(world, SIX_MAILS, LONG)
    paid = long.paid
    funds = world.latent.true_class == NSF
    funded_days = run(world, NoMails(), PERFECT)
    early = (first.paid_by == BY_RETRY) & (first.paid_on <= 3)
    values = (
        early.mean(),
        short.paid.mean(),
        (long.paid_by[paid] == BY_RETRY).mean(),
        (long.paid_on[paid] <= 10).mean(),
        funded_days.paid[funds].mean(),
        paid.mean(),
    )
    return dict(zip(TARGETS, map(float, values), strict=True))


def worst(world: World) -> float:
    """How far off the least fitting figure is, in tolerances."""
    found = figures(world)
    return float(np.max([target.off(found[name]) for name, target in TARGETS.items()]))
