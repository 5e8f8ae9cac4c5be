"""Worlds are only believed where they reproduce what is published."""

from __future__ import annotations

import pytest

from simulator.calibration import TARGETS, TOLERATED, figures
from simulator.params import Params
from simulator.world import World
from simulator.worlds import DEVELOPMENT, HELD_OUT, development, fits, held_out


@pytest.fixture(scope="module")
def found() -> dict[str, float]:
    return figures(World(Params(), seed=1, people=10_000))


@pytest.mark.parametrize("name", TARGETS)
def test_the_usual_world_reproduces_a_published_figure(name: str, found: dict[str, float]) -> None:
    assert TARGETS[name].off(found[name]) <= TOLERATED, found[name]


def test_worlds_for_tuning_and_worlds_held_out_are_different_ones() -> None:
    assert (len(set(development())), len(set(held_out()))) == (DEVELOPMENT, HELD_OUT)
    assert not set(development()) & set(held_out())


def test_a_stored_world_fits_and_a_seed_that_was_passed_over_does_not() -> None:
    assert fits(held_out()[0])
    assert not fits(held_out()[0] - 1)


@pytest.mark.slow
def test_every_stored_world_fits_and_every_seed_between_was_passed_over_for_a_reason() -> None:
    stored = [*development(), *held_out()]
    assert [seed for seed in range(1, stored[-1] + 1) if fits(seed)] == stored
