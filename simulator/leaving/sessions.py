"""Let people come to the cancel page, be offered something, and live on for a year. Money in months of the price."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.offers.rules.policy import Offer
from app.offers.states import OfferKind
from simulator.arrays import Bools, Floats, Ints
from simulator.leaving.params import (
    BLUFFER,
    FIXABLE,
    PAUSE,
    PERSUADED_BY,
    PERSUADED_SHARES,
    PRICE,
    REASONS,
    TELLS,
    LeavingParams,
)

MONTHS = 12
SERVICE = (REASONS.index("missing_feature"), REASONS.index("poor_service"))

Choice = Callable[["Sessions", int], "Offer | None"]
"""What one visitor is offered: by what the world knows for the oracle, by the stated reason for everybody else."""


class Sessions:
    """`people` visits to the cancel page; all luck is drawn in advance."""

    def __init__(self, params: LeavingParams, seed: int, people: int = 4000) -> None:
        self.params, self.people = params, people
        chance = np.random.default_rng([seed, 6])
        self.kind: Ints = chance.choice(len(params.shares), people, p=params.shares)
        tells = np.cumsum(np.array(TELLS), axis=1)
        self.reason: Ints = (chance.random(people)[:, None] > tells[self.kind]).sum(axis=1)
        self.reason = np.minimum(self.reason, len(REASONS) - 1)
        self.persuaded_by: Ints = chance.choice(PERSUADED_BY, people, p=PERSUADED_SHARES)
        self.taking, self.resuming = chance.random(people), chance.random(people)
        self.staying = chance.random((people, MONTHS))
        returns = params.returns * np.where(np.isin(self.reason, SERVICE), params.service_returns, 1.0)
        ever = chance.random(people) < returns
        after = params.return_scale * chance.weibull(params.return_shape, people)
        self.back_in: Floats = np.where(ever, after, np.inf)
        self.second_life = chance.random((people, MONTHS))


@dataclass(frozen=True)
class Outcome:
    """One element a visit. `cash`: visit x month after it, in months of the price; discounts are missing from it."""

    offered: Bools
    accepted: Bools
    cash: Floats
    stays_anyway: Bools

    def per_session(self, months: int) -> float:
        """Money of the first months, a visit: all visits count, not only who accepted."""
        return float(self.cash[:, :months].sum(axis=1).mean())

    @property
    def free_riders(self) -> float:
        """Of those who accepted, who would have stayed for the full price."""
        return float(self.stays_anyway[self.accepted].mean()) if self.accepted.any() else 0.0


def run(world: Sessions, choice: Choice) -> Outcome:
    """Every visitor is offered what `choice` says, or nothing."""
    offers = [choice(world, row) for row in range(world.people)]
    percent = np.array([_percent(offer) for offer in offers])
    months = np.array([(offer.months or 0) if offer else 0 for offer in offers])
    pause = np.array([bool(offer and offer.kind is OfferKind.PAUSE) for offer in offers])
    talk = np.array([bool(offer and offer.kind is OfferKind.TALK) for offer in offers])
    offered = (percent > 0) | pause | talk
    accepted = offered & (world.taking < _willing(world, percent, pause, talk))
    bluffer = world.kind == BLUFFER
    resumed = world.resuming < world.params.resumes
    hazard = _hazard(world, accepted, percent > 0, months, pause)
    survived = np.cumprod(world.staying >= hazard, axis=1).astype(bool)
    alive = np.column_stack([np.ones(world.people, dtype=bool), survived[:, :-1]])  # the first month is paid
    alive &= (accepted | bluffer)[:, None] & (~(accepted & pause) | resumed)[:, None]
    month = np.arange(MONTHS)
    in_time = month < months[:, None]
    paid = np.where(in_time & (accepted & (percent > 0))[:, None], 1 - percent[:, None] / 100, 1.0)
    paid = np.where(in_time & (accepted & pause)[:, None], 0.0, paid)
    return Outcome(offered, accepted, np.where(alive, paid, 0.0) + _natural_returns(world, alive), bluffer)


def _percent(offer: Offer | None) -> float:
    return float(offer.percent or 0) if offer else 0.0


def _willing(world: Sessions, percent: Floats, pause: Bools, talk: Bools) -> Floats:
    params, kind = world.params, world.kind
    fits = (kind == PRICE) & (percent >= world.persuaded_by)
    fits |= (kind == PAUSE) & pause
    fits |= (kind == FIXABLE) & talk
    willing = np.where(fits, params.takes_fitting, params.takes_other)
    return np.where((kind == BLUFFER) & (percent > 0), params.bluffer_takes, willing)


def _hazard(world: Sessions, accepted: Bools, discounted: Bools, months: Ints, pause: Bools) -> Floats:
    """Visit x month: how likely somebody who has paid it leaves before the next."""
    params, month = world.params, np.arange(MONTHS)
    trained = np.where(accepted & discounted, params.trained, 1.0)[:, None]
    hazard = np.full((world.people, MONTHS), params.afterwards) * trained
    on_terms = (accepted & discounted & (world.kind != BLUFFER))[:, None]
    hazard = np.where(on_terms & (month < months[:, None]), params.on_discount, hazard)
    hazard = np.where(on_terms & (month == months[:, None] - 1), params.at_its_end, hazard)
    paused = (accepted & pause)[:, None]
    hazard = np.where(paused, params.after_pause, hazard)
    return np.where(paused & (month < months[:, None]), 0.0, hazard)


def _natural_returns(world: Sessions, alive: Bools) -> Floats:
    """Who left comes back by themselves, to the full price and a shorter life."""
    month = np.arange(MONTHS)
    left_in = np.where(alive.all(axis=1), MONTHS, np.argmin(alive, axis=1))
    back = month >= (left_in + world.back_in)[:, None]
    again = np.cumprod(np.where(back, world.second_life >= world.params.second_life, True), axis=1)
    return np.where(back & ~alive, again, 0.0)
