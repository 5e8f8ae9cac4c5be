"""How each failed renewal goes: what is wrong, when it heals, what the customer does with each mail.

One row of a simulated world is one failure of the demo, so the people here behave by the same published figures as
those that policies are compared on.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from simulator.arrays import Bools
from simulator.params import Params
from simulator.reading import readings
from simulator.world import CODES, World

PLACES = 2000  # failures known in advance, more than the demo's year has
LIKELY = 0.5  # the bank approves from the first day on which this is exceeded

VARIANTS = {  # banks tell the same thing in several words
    "generic_decline": (("do_not_honor", 0.6), ("generic_decline", 0.4)),
    "expired_card": (("expired_card", 0.8), ("incorrect_cvc", 0.2)),
    "lost_card": (("lost_card", 0.85), ("fraudulent", 0.15)),
}


@dataclass(frozen=True, slots=True)
class Fate:
    """One failure. Days count from it; None: never. `pays` and `cancels`: at which mails, counted from 0."""

    code: str
    heals_after: int | None
    mends_after: int | None  # without being asked
    pays: frozenset[int]
    cancels: frozenset[int]
    unreachable_after: int


class Fates:
    """Hands out one fate after the other; the same seed gives the same ones in the same order."""

    def __init__(self, seed: int) -> None:
        self.world = World(Params(), seed, PLACES)
        self.readings = readings(self.world)
        self.chance = random.Random(seed)
        self.given = 0

    def draw(self) -> Fate:
        row, self.given = self.given % PLACES, self.given + 1
        world, latent = self.world, self.world.latent
        reachable = int(latent.unreachable_on[row])
        told = CODES[int(world.seen.code[row])]
        codes, shares = zip(*VARIANTS.get(told, ((told, 1.0),)), strict=True)
        return Fate(
            code=self.chance.choices(codes, shares)[0],
            heals_after=_first(latent.approval[row, :reachable] > LIKELY),
            mends_after=_first(world.luck.organic[row, :reachable] < world.organic_hazard[row, :reachable]),
            pays=frozenset(np.flatnonzero(self.readings.pays[row]).tolist()),
            cancels=frozenset(np.flatnonzero(self.readings.cancels[row]).tolist()),
            unreachable_after=reachable,
        )


def _first(days: Bools) -> int | None:
    found = np.flatnonzero(days)
    return int(found[0]) if len(found) else None
