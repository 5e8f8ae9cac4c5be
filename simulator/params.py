"""What a world is made of: defaults, the range each may be drawn from, and where each comes from.

Shares and probabilities are of one, times in days. Grades: published (P), operators' data (O), assumed (A).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

CLASSES = ("nsf", "hold", "card", "technical", "hard", "auth")
"""What is truly wrong; the code that the bank tells may say something else."""

NSF, HOLD, CARD, TECHNICAL, HARD, AUTH = range(6)


@dataclass(frozen=True, slots=True)
class PayCycle:
    """Which share of people is paid how; `monthly` days count from the month's first, -1 is its last."""

    monthly_days: tuple[int, ...] = (1, -1)
    monthly: float = 0.35
    twice_monthly: float = 0.20  # the 1st and the 15th
    fortnightly: float = 0.30
    fortnightly_weekday: int = 4  # Friday; the rest are paid irregularly
    offset_share: float = 0.25  # whose grid is shifted by days of their own


@dataclass(frozen=True, slots=True)
class Params:
    """One world's constants."""

    # What is charged and why it fails
    price_median_minor: int = 4000  # A
    price_sigma: float = 0.8  # A
    class_shares: tuple[float, ...] = (0.46, 0.24, 0.12, 0.05, 0.08, 0.05)  # O, A
    nsf_as_generic: float = 0.35  # O: half of "do not honour" is lack of funds
    card_as_generic: float = 0.10
    hard_as_generic: float = 0.25
    indifferent: float = 0.30  # P: would let it lapse if asked
    # When a retry can succeed
    cycle: PayCycle = PayCycle()
    no_payday: float = 0.37  # gets no payday money within the window
    funds_last: float = 3.25
    adhoc: float = 0.14  # money from elsewhere on a day, fading
    adhoc_fades: float = 13.0
    no_adhoc: float = 0.32
    approve_funded: float = 0.92  # A
    approve_unfunded: float = 0.01
    hold_stays: float = 0.45
    hold_lasts: float = 3.0  # O
    approve_released: float = 0.85
    updater: float = 0.30  # O: fixed after the failure by the network's updater
    updater_takes: float = 7.0
    technical_lasts: float = 0.25
    approve_repaired: float = 0.95
    fatigue: float = 0.97  # each failed attempt makes the next less likely
    hour_swing: float = 0.05  # sources contradict each other, so its phase is random
    hour_drifts: bool = False  # the phase turns round in the middle of the year
    unreachable: float = 0.034  # a day: nothing reaches card or customer any more
    smart_reveals: float = 0.6  # share of failures where the provider's smart retries know the right day
    # What people do
    opens: tuple[float, ...] = (0.41, 0.34, 0.33, 0.28, 0.26, 0.27)  # O, a million mails
    clicks: tuple[float, ...] = (0.112, 0.076, 0.067, 0.041, 0.034, 0.039)
    completes: float = 0.72  # A: a click becomes a new card
    indifferent_completes: float = 0.25
    cancels_on_click: float = 0.45  # the indifferent
    cancels_on_open: float = 0.03
    everyone_cancels: bool = False  # as if all were indifferent when they cancel: the world of harm
    organic: float = 0.035  # a day without any contact, fading; nobody has published it
    organic_fades: float = 4.35
    organic_indifferent: float = 0.12
    unsubscribes: float = 0.002  # a mail
    complains: float = 0.0005


RANGES: dict[str, tuple[float, float]] = {
    "price_sigma": (0.3, 1.3),
    "nsf_as_generic": (0.2, 0.5),
    "indifferent": (0.15, 0.50),
    "no_payday": (0.2, 0.7),
    "funds_last": (2.0, 6.0),
    "adhoc": (0.03, 0.30),
    "adhoc_fades": (4.0, 15.0),
    "no_adhoc": (0.2, 0.6),
    "hold_stays": (0.35, 0.70),
    "hold_lasts": (1.5, 5.0),
    "fatigue": (0.93, 1.0),
    "hour_swing": (0.0, 0.15),
    "unreachable": (0.0, 0.06),
    "completes": (0.5, 0.85),
    "cancels_on_open": (0.0, 0.08),
    "organic": (0.005, 0.08),
    "organic_fades": (3.0, 12.0),
}
"""From where to where each constant is drawn for a world."""

OFFSET_SHARES = (0.0, 0.80)
CYCLES = (
    PayCycle(),
    PayCycle(monthly_days=(25, 28), monthly=0.80, twice_monthly=0.0, fortnightly=0.05),
    PayCycle(fortnightly_weekday=3, monthly=0.10, twice_monthly=0.0, fortnightly=0.75),
    PayCycle(monthly=0.10, twice_monthly=0.05, fortnightly=0.05),
)
"""American paydays, the European end of the month, every other Thursday, and mostly irregular."""


def drawn(seed: int) -> Params:
    """A world's constants from their ranges; the same seed always gives the same."""
    chance = np.random.default_rng([seed, 1])
    values: dict[str, Any] = {name: float(chance.uniform(*bounds)) for name, bounds in RANGES.items()}
    # The policy must not be tuned to one calendar: half of the worlds have other paydays.
    cycle = CYCLES[int(chance.choice(len(CYCLES), p=(0.5, 0.2, 0.15, 0.15)))]
    cycle = replace(cycle, offset_share=float(chance.uniform(*OFFSET_SHARES)))
    return replace(Params(), cycle=cycle, **values)
