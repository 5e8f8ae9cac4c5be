"""Which worlds are simulated: drawn ones that reproduce the published figures, and made ones that are unkind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files

from simulator.calibration import TOLERATED, worst
from simulator.params import CYCLES, Params, drawn
from simulator.world import World

SEEDS = files(__package__).joinpath("seeds.json")
DEVELOPMENT, HELD_OUT = 40, 60
PEOPLE_TO_CHOOSE = 6000


def world_of(seed: int, people: int = 4000) -> World:
    """The drawn world of this seed."""
    return World(drawn(seed), seed, people)


def fits(seed: int) -> bool:
    """Whether this seed's world is within three tolerances of every published figure."""
    return worst(world_of(seed, PEOPLE_TO_CHOOSE)) <= TOLERATED


def development() -> list[int]:
    """Seeds of the worlds on which settings may be tuned."""
    return list(_stored()["development"])


def held_out() -> list[int]:
    """Seeds of the worlds on which nothing was ever tuned."""
    return list(_stored()["held_out"])


def _stored() -> dict[str, list[int]]:
    stored: dict[str, list[int]] = json.loads(SEEDS.read_text("utf-8"))
    return stored


USUAL = Params()

MADE: Mapping[str, Params] = {
    "European month-end": replace(USUAL, cycle=CYCLES[1]),
    "every other Thursday": replace(USUAL, cycle=CYCLES[2]),
    "irregular income": replace(USUAL, cycle=CYCLES[3]),
    "business customers": replace(
        USUAL, price_median_minor=12000, class_shares=(0.20, 0.42, 0.18, 0.06, 0.08, 0.06)
    ),
    "hostile": replace(
        USUAL,
        indifferent=0.50,
        cancels_on_open=0.08,
        clicks=tuple(share / 2 for share in USUAL.clicks),
        cycle=CYCLES[3],
    ),
    "drift of the best hour": replace(USUAL, hour_swing=0.15, hour_drifts=True),
    "null": replace(
        USUAL, completes=0.0, indifferent_completes=0.0, cancels_on_click=0.0, cancels_on_open=0.0
    ),
    "harm": replace(
        USUAL,
        completes=0.0,
        indifferent_completes=0.0,
        cancels_on_click=0.45,
        cancels_on_open=0.20,
        everyone_cancels=True,
    ),
}
"""Worlds made by hand, unlike the published figures on purpose.

Hostile: half the clicks, half of the people indifferent, irregular pay. Null: a mail does nothing. Harm: a mail
only makes people cancel. Drift: the hour at which banks approve most turns round in the middle of the year.
"""
NULL, HARM = "null", "harm"
