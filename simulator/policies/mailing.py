"""Simple habits of writing: not at all, on fixed days, after every failure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.arrays import Ints
from simulator.observation import NO_MAIL, Observation

MORNING = 10


@dataclass(frozen=True, slots=True)
class NoMails:
    name: str = "no mails"

    def mails_at(self, seen: Observation) -> Ints:
        return np.full(len(seen.mails), NO_MAIL)


@dataclass(frozen=True, slots=True)
class OnDays:
    """To everybody who has not paid, on these days after the failure."""

    on: tuple[int, ...]
    name: str = "fixed mails"

    def mails_at(self, seen: Observation) -> Ints:
        return np.full(len(seen.mails), MORNING if seen.day in self.on else NO_MAIL)


@dataclass(frozen=True, slots=True)
class AfterEveryFailure:
    """As the provider itself does: one mail for each attempt that failed."""

    name: str = "provider's mail on every failure"

    def mails_at(self, seen: Observation) -> Ints:
        return np.where(seen.mails < seen.attempts, MORNING, NO_MAIL)
