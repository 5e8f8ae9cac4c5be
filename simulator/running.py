"""Let the days after a failure pass: customers mend it themselves, the card is tried, mails are read."""

from __future__ import annotations

import numpy as np

from simulator.arrays import Bools, Ints
from simulator.ledger import BY_MAIL, BY_RETRY, BY_THEMSELVES, Ledger
from simulator.observation import NO_MAIL, Observation, Policy
from simulator.reading import readings
from simulator.retries import PROVIDER, Retries
from simulator.world import DAYS, MAILS, World


class _Run:
    """The state of every failure of a world, day by day."""

    def __init__(self, world: World, policy: Policy, retries: Retries) -> None:
        people = world.people
        self.world, self.policy, self.retries = world, policy, retries
        self.planned, self.readings = retries.days(world), readings(world)
        self.hour_factor = world.hour_factor(retries.hour)
        self.paid_on, self.cancelled_on = np.full(people, -1), np.full(people, -1)
        self.paid_by, self.mails = np.zeros(people, dtype=np.int64), np.zeros(people, dtype=np.int64)
        self.attempts, self.last_mail_hour = np.ones(people, dtype=np.int64), np.full(people, -1)
        self.unsubscribed, self.complained = np.zeros(people, dtype=bool), np.zeros(people, dtype=bool)

    @property
    def late(self) -> Bools:
        return (self.paid_on < 0) & (self.cancelled_on < 0)

    def live(self, day: int) -> None:
        """One day, in this order: a card that heals is tried before anybody is written to."""
        reachable = day < self.world.latent.unreachable_on
        mends = self.world.luck.organic[:, day] < self.world.organic_hazard[:, day]
        self._pay(day, self.late & reachable & mends, BY_THEMSELVES)
        self._retry(day, reachable)
        self._write(day, reachable)

    def _pay(self, day: int, who: Bools, by: int) -> None:
        self.paid_on[who] = day
        self.paid_by[who] = by

    def _retry(self, day: int, reachable: Bools) -> None:
        tried = self.planned[:, day] & self.late
        chance = self.world.latent.approval[:, day] * self.hour_factor
        chance *= self.world.params.fatigue ** (self.attempts - 1)
        self.attempts += tried
        self._pay(day, tried & reachable & (self.world.luck.retry[:, day] < chance), BY_RETRY)

    def _write(self, day: int, reachable: Bools) -> None:
        who = np.flatnonzero(self.late & ~self.unsubscribed & ~self.complained & (self.mails < MAILS))
        if not len(who):
            return
        at = self.policy.mails_at(self._observed(day, who))
        who, at = who[at != NO_MAIL], at[at != NO_MAIL]
        self._read(day, who, reachable[who])
        self.last_mail_hour[who] = 24 * day + at
        self.mails[who] += 1

    def _observed(self, day: int, who: Ints) -> Observation:
        seen = self.world.seen
        columns = (seen.code, seen.hour, seen.amount_minor, self.attempts, self.mails, self.last_mail_hour)
        return Observation(day, who, *(column[who] for column in columns))

    def _read(self, day: int, who: Ints, reachable: Bools) -> None:
        number = self.mails[who]
        pays = reachable & self.readings.pays[who, number]
        cancels = reachable & self.readings.cancels[who, number]
        self.paid_on[who[pays]], self.paid_by[who[pays]] = day, BY_MAIL
        self.cancelled_on[who[cancels]] = day
        self.complained[who] |= self.readings.complains[who, number]
        self.unsubscribed[who] |= self.readings.unsubscribes[who, number]

    def ledger(self) -> Ledger:
        return Ledger(
            self.world.seen.amount_minor,
            self.paid_on,
            self.paid_by,
            self.cancelled_on,
            self.mails,
            self.attempts,
            self.unsubscribed,
            self.complained,
        )


def run(world: World, policy: Policy, retries: Retries = PROVIDER) -> Ledger:
    """Thirty days of every failure of this world under this policy; when access ends, so does the story."""
    state = _Run(world, policy, retries)
    for day in range(min(DAYS, retries.ends_on + 1)):
        state.live(day)
    return state.ledger()
