"""Made-up customers for tests of the proof, by plain functions and fixed seeds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from app.proof.rules.units import Sample, Unit

START = datetime(2026, 1, 1, tzinfo=UTC)
CLASSES = ("soft_funds", "soft_generic", "card_data", "hard")
BASE = np.array([0.6, 0.5, 0.4, 0.2])


def unit(
    treated: bool, at_risk: int, value: int, stratum: str = "soft_funds", pi: float = 0.8, day: float = 0
) -> Unit:
    return Unit(treated, pi, stratum, at_risk, value, START + timedelta(days=day))


def sample(seed: int, n: int, effect: float = 0.0, held_out: float = 0.2) -> Sample:
    """Late payments of lognormal prices and four classes. `effect`: added to the chance that a treated one pays."""
    chance = np.random.default_rng(seed)
    treated = chance.random(n) >= held_out
    stratum = chance.choice(4, n, p=[0.45, 0.25, 0.2, 0.1])
    x = chance.lognormal(np.log(4000), 0.8, n).round()
    v = x * (chance.random(n) < BASE[stratum] + effect * treated)
    return Sample(treated, np.full(n, 1 - held_out), stratum, x, v)


def arms(treated: int, held_out: int, paid: float = 0.5) -> list[Unit]:
    """Customers of 1,000 each who differ in nothing; every second one pays, in both arms."""
    return [
        unit(arm, 1000, 1000 * (i % 2 < 2 * paid - 0.5), day=i)
        for arm, n in ((True, treated), (False, held_out))
        for i in range(n)
    ]
