"""On which days the card is tried again, by the provider or by somebody who does it themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.arrays import Bools
from simulator.world import DAYS, World


@dataclass(frozen=True, slots=True)
class Retries:
    """`smart`: on the first days that can work, for those whose true path the provider knows; `perfect`: for all.

    `ends_on`: the day on which access ends; nothing is collected after it.
    """

    on: tuple[int, ...]
    hour: int = 9
    smart: bool = False
    perfect: bool = False
    ends_on: int = DAYS - 1

    def days(self, world: World) -> Bools:
        """Customer x day: whether the card is tried if still unpaid."""
        planned = np.zeros((world.people, DAYS), dtype=bool)
        planned[:, list(self.on)] = True
        if not (self.smart or self.perfect):
            return planned
        hopeful = world.latent.approval > world.params.approve_unfunded
        hopeful[:, self.ends_on + 1 :] = False
        first = np.cumsum(hopeful, axis=1) <= len(self.on)
        known = (world.latent.revealed | self.perfect) & hopeful.any(axis=1)
        return np.where(known[:, None], hopeful & first, planned)


PROVIDER = Retries((1, 2, 3, 5, 7, 9, 11, 14), smart=True, ends_on=14)
"""A provider's own retries, eight in two weeks, then the subscription ends: the same under every policy of ours."""
