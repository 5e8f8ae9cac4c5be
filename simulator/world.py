"""A world: customers whose charge has failed, what is truly wrong, and all luck drawn in advance.

Luck is drawn by customer and day, or by customer and mail, so that every policy meets the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simulator.arrays import Bools, Floats, Ints
from simulator.funds import YEAR, funded_days
from simulator.params import AUTH, CARD, HARD, HOLD, NSF, TECHNICAL, Params

DAYS = 31  # the day of the failure and thirty after it
MAILS = 16  # more than any policy sends

CODES = (
    "insufficient_funds",
    "generic_decline",
    "expired_card",
    "processing_error",
    "lost_card",
    "authentication_required",
)
"""Decline codes as the provider tells them."""

NSF_CODE, GENERIC_CODE, CARD_CODE, TECHNICAL_CODE, HARD_CODE, AUTH_CODE = range(6)


@dataclass(frozen=True)
class Seen:
    """What anybody outside can see of each failure. Amounts in minor units of one currency."""

    code: Ints
    hour: Ints  # of the day, where the customer lives
    amount_minor: Ints


@dataclass(frozen=True)
class Latent:
    """What only the world knows."""

    true_class: Ints
    indifferent: Bools
    unreachable_on: Ints
    revealed: Bools  # the provider's smart retries know the right days
    approval: Floats  # customer x day: how likely an attempt succeeds, before fatigue and hour


@dataclass(frozen=True)
class Luck:
    """Uniform numbers. By customer and day: `retry`, `organic`; by customer and mail: the others."""

    retry: Floats
    organic: Floats
    reading: Floats
    deciding: Floats
    leaving: Floats


class World:
    """`people` failures of one year; the same parameters and seed give the same world."""

    def __init__(self, params: Params, seed: int, people: int = 4000) -> None:
        self.params, self.seed, self.people = params, seed, people
        chance = np.random.default_rng([seed, 2])
        self.failed_on = chance.integers(0, YEAR, people)
        true_class = chance.choice(len(params.class_shares), people, p=params.class_shares)
        amount = np.exp(
            np.log(params.price_median_minor) + params.price_sigma * chance.standard_normal(people)
        )
        self.seen = Seen(
            code=_told(params, true_class, chance),
            hour=chance.integers(0, 24, people),
            amount_minor=np.maximum(100, amount).astype(np.int64),
        )
        gone_on = np.where(
            params.unreachable > 0, chance.exponential(1 / max(params.unreachable, 1e-9), people), DAYS
        )
        self.latent = Latent(
            true_class=true_class,
            indifferent=chance.random(people) < params.indifferent,
            unreachable_on=np.minimum(np.ceil(gone_on), DAYS).astype(np.int64),
            revealed=chance.random(people) < params.smart_reveals,
            approval=_approval(params, true_class, self.failed_on, chance),
        )
        self.phase = float(chance.uniform(0, 24))
        by_day, by_mail = (people, DAYS), (people, MAILS)
        self.luck = Luck(*(chance.random(shape) for shape in (by_day, by_day, by_mail, by_mail, by_mail)))

    @cached_property
    def organic_hazard(self) -> Floats:
        """Customer x day: how likely somebody mends it without being asked."""
        daily = self.params.organic * np.exp(-np.arange(DAYS) / self.params.organic_fades)
        return np.where(self.latent.indifferent, self.params.organic_indifferent, 1.0)[:, None] * daily

    def hour_factor(self, hour: int) -> Floats:
        """How much better or worse the bank approves at this hour of the day, one factor a customer."""
        turned = self.params.hour_drifts & (self.failed_on > YEAR // 2)
        angle = 2 * np.pi * (hour - self.phase) / 24 + np.where(turned, np.pi, 0.0)
        return 1 + self.params.hour_swing * np.cos(angle)


def _told(params: Params, true_class: Ints, chance: np.random.Generator) -> Ints:
    masked = np.zeros(6)
    masked[[NSF, CARD, HARD]] = params.nsf_as_generic, params.card_as_generic, params.hard_as_generic
    masked[HOLD] = 1.0  # no bank says that it holds a card back
    plain = np.array([NSF_CODE, GENERIC_CODE, CARD_CODE, TECHNICAL_CODE, HARD_CODE, AUTH_CODE])
    generic = chance.random(len(true_class)) < masked[true_class]
    return np.where(generic, GENERIC_CODE, plain[true_class])


def _approval(params: Params, true_class: Ints, failed_on: Ints, chance: np.random.Generator) -> Floats:
    """How likely the bank approves an attempt on each day, by what is truly wrong."""
    people, day = len(true_class), np.arange(DAYS)
    funded = funded_days(params, failed_on, DAYS, chance)
    released = chance.exponential(params.hold_lasts, people)
    released[chance.random(people) < params.hold_stays] = np.inf
    updated = chance.exponential(params.updater_takes, people)
    updated[chance.random(people) >= params.updater] = np.inf
    working = chance.exponential(params.technical_lasts, people)
    approval = np.zeros((people, DAYS))
    for wrong, possible, approved, otherwise in (
        (NSF, funded, params.approve_funded, params.approve_unfunded),
        (HOLD, day >= released[:, None], params.approve_released, params.approve_unfunded),
        (CARD, day >= updated[:, None], params.approve_repaired, 0.0),
        (TECHNICAL, day >= working[:, None], params.approve_repaired, 0.0),
    ):
        of_it = true_class == wrong
        approval[of_it] = np.where(possible[of_it], approved, otherwise)
    approval[np.isin(true_class, (HARD, AUTH))] = 0.0
    return approval
