"""A ceiling: somebody who knows what is truly wrong with each failure, and with each customer, but not the coins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.arrays import Bools, Floats, Ints
from simulator.observation import NO_MAIL, Observation
from simulator.policies.mailing import MORNING
from simulator.retries import PROVIDER, Retries
from simulator.world import DAYS, World

MOST = 9  # as many as the provider sends: one for the failure and one for each of its eight retries
DOUBTFUL = 0.05  # a keeper is written to when the coming retries fail at least so likely
HOPELESS = 0.5  # the indifferent, whom a mail may lose, only then


@dataclass(frozen=True)
class Oracle:
    """Writes daily to those whom the coming retries may not reach, and to the indifferent only if none will."""

    retries_fail: Floats  # customer x day: how likely every retry from that day on is declined
    indifferent: Bools
    unreachable_on: Ints
    name: str = "oracle"

    @classmethod
    def of(cls, world: World, retries: Retries = PROVIDER) -> Oracle:
        latent = world.latent
        tried = retries.days(world) & (np.arange(DAYS) < latent.unreachable_on[:, None])
        declined: Floats = 1 - latent.approval * tried
        all_declined: Floats = np.cumprod(declined[:, ::-1], axis=1, dtype=np.float64)[:, ::-1]
        return cls(all_declined, latent.indifferent, latent.unreachable_on)

    def mails_at(self, seen: Observation) -> Ints:
        doubt = self.retries_fail[seen.customer, min(seen.day + 1, DAYS - 1)]
        needed = doubt > np.where(self.indifferent[seen.customer], HOPELESS, DOUBTFUL)
        needed &= (seen.mails < MOST) & (seen.day < self.unreachable_on[seen.customer])
        return np.where(needed, MORNING, NO_MAIL)
