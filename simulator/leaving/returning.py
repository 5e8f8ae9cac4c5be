"""Let a year pass after subscriptions have ended: most stay away, some come back, a few more because of a mail.

Money in months of the price, over the year after the end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from app.winback.rules.policy import WinbackPolicy
from app.winback.states import Anchor, Channel, LapseKind
from simulator.arrays import Bools, Floats, Ints

DAYS, MONTH = 365, 30
PRICE_LEAVER, SERVICE_LEAVER, INVOLUNTARY = range(3)


@dataclass(frozen=True, slots=True)
class ReturnParams:
    """One world's constants. A: assumed, O: operators' data."""

    involuntary: float = 0.25  # O: of those who lapse
    price_leavers: float = 0.35  # A: the rest left for the service or had no use
    ever: float = 0.375  # O: come back at all, without being asked
    shape: float = 0.56
    scale: float = 19.5 * MONTH
    involuntary_returns: float = 1.5  # A
    service_returns: float = 0.6
    lift: float = 0.33  # O: the hazard of two weeks after a mail is so much higher
    next_lift: float = 0.6  # each further mail has so much of the last one's
    discount_lift: float = 0.40  # A
    most_added: float = 0.01  # by one mail
    second_life: float = 0.082  # O: leaves again, a month
    with_discount: float = 1.25


RANGES: dict[str, tuple[float, float]] = {
    "ever": (0.094, 0.844),
    "involuntary_returns": (1.0, 2.5),
    "lift": (0.0, 1.0),
    "discount_lift": (0.1, 1.0),
}


def drawn(seed: int) -> ReturnParams:
    chance = np.random.default_rng([seed, 7])
    values: dict[str, Any] = {name: float(chance.uniform(*bounds)) for name, bounds in RANGES.items()}
    return replace(ReturnParams(), **values)


@dataclass(frozen=True, slots=True)
class Invitations:
    """Mails on these days after the end, by why somebody left. `percent` off for three months, for price leavers."""

    involuntary: tuple[int, ...] = ()
    voluntary: tuple[int, ...] = ()
    percent: float = 0.0
    percent_for_all: bool = False

    @classmethod
    def of(cls, policy: WinbackPolicy, percent: float) -> Invitations:
        """What the product's settings plan after the end of a subscription."""

        def days(kind: LapseKind) -> tuple[int, ...]:
            contacts = policy.steps[kind]
            return tuple(c.days for c in contacts if c.after is Anchor.END and c.by is Channel.MAIL)

        return cls(days(LapseKind.INVOLUNTARY), days(LapseKind.VOLUNTARY), percent)


@dataclass(frozen=True)
class Returned:
    """One element a lapsed subscriber; `day` is DAYS for who did not come back within the year."""

    day: Ints
    mails: Ints
    cash: Floats


class Lapses:
    """`people` ended subscriptions; all luck is drawn in advance."""

    def __init__(self, params: ReturnParams, seed: int, people: int = 4000) -> None:
        self.params, self.people = params, people
        chance = np.random.default_rng([seed, 8])
        first = params.involuntary
        shares = (params.price_leavers * (1 - first), (1 - params.price_leavers) * (1 - first), first)
        self.kind: Ints = chance.choice(3, people, p=shares)
        self.returning, self.staying = chance.random((people, DAYS)), chance.random((people, DAYS // MONTH))
        self.natural = np.array([1.0, params.service_returns, params.involuntary_returns])[self.kind]


def run(world: Lapses, invite: Invitations) -> Returned:
    """Day by day: who is still away may come back, likelier within two weeks of a mail."""
    params = world.params
    discounted = (world.kind == PRICE_LEAVER) | ((world.kind == SERVICE_LEAVER) & invite.percent_for_all)
    discounted &= invite.percent > 0
    lift = params.lift + np.where(discounted, params.discount_lift, 0.0)
    hazard = _natural_hazard(params)
    came, mails = np.full(world.people, DAYS), np.zeros(world.people, dtype=np.int64)
    since, added = np.full(world.people, DAYS), np.zeros(world.people)
    for day in range(DAYS):
        away = came == DAYS
        written = away & np.where(
            world.kind == INVOLUNTARY, day in invite.involuntary, day in invite.voluntary
        )
        since, added = np.where(written, 0, since + 1), np.where(written, 0.0, added)
        mails += written
        base = np.minimum(hazard[day] * world.natural, 1.0)
        more = base * lift * params.next_lift ** np.maximum(mails - 1, 0) * (since < 14)
        more = np.minimum(more, params.most_added - added)
        added += more
        came[away & (world.returning[:, day] < base + more)] = day
    taken = discounted & (mails > 0) & (came < DAYS)
    return Returned(came, mails, _cash(world, came, taken, invite.percent))


def _natural_hazard(params: ReturnParams) -> Floats:
    """A day: of those still away, who comes back unasked; a share that ever does, with a Weibull time."""
    away = 1 - params.ever * (1 - np.exp(-((np.arange(DAYS + 1) / params.scale) ** params.shape)))
    found: Floats = 1 - away[1:] / away[:-1]
    return found


def _cash(world: Lapses, came: Ints, taken: Bools, percent: float) -> Floats:
    """What is paid until a year after the end: who takes the discount pays less and leaves sooner."""
    params, month = world.params, np.arange(DAYS // MONTH)
    leaves = params.second_life * np.where(taken, params.with_discount, 1.0)[:, None]
    survived = np.cumprod(world.staying >= leaves, axis=1).astype(bool)
    there = np.column_stack([np.ones(world.people, dtype=bool), survived[:, :-1]])
    there &= (came[:, None] + month * MONTH) < DAYS
    paid = np.where(taken[:, None] & (month < 3), 1 - percent / 100, 1.0)
    total: Floats = (there * paid).sum(axis=1)
    return total
