"""What `make effect` prints."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

from simulator import effect
from simulator.comparison import FIXED, NONE, ORACLE, OURS, PROVIDERS, SPREAD, Figures, compared, of_drawn
from simulator.policies.retrying import RETRYING
from simulator.worlds import development, held_out, world_of

SEEDS = development()[:4]


@pytest.fixture(scope="module")
def worlds() -> list[dict[str, Figures]]:
    return [compared(world_of(seed, 3000)) for seed in SEEDS]


def test_our_defaults_are_level_with_as_many_mails_spread_evenly_in_every_tried_world(
    worlds: list[dict[str, Figures]],
) -> None:
    """Ties of a tenth of a point apart."""
    gain = effect.column(worlds, OURS) - effect.column(worlds, SPREAD)
    assert np.median(gain) > 0
    assert gain.min() > -0.001
    assert (effect.headroom(worlds, OURS) > 0).all()
    assert (effect.headroom(worlds, ORACLE) == 1).all()


def test_the_printed_tables_name_every_policy_the_seeds_the_commit_and_that_it_is_simulation(
    worlds: list[dict[str, Figures]],
) -> None:
    said = io.StringIO()
    effect.tell(Console(file=said, width=200), SEEDS, "development", worlds, {"made": worlds[0]})
    text = said.getvalue()
    for name in (NONE, FIXED, PROVIDERS, SPREAD, OURS, ORACLE, *(policy.name for policy, _ in RETRYING)):
        assert name in text, name
    assert f"4 development worlds of 8000 failures each, drawn by seeds {SEEDS[0]} to {SEEDS[-1]}" in text
    assert "commit" in text
    assert "This is simulation" in text
    assert "Not ours: they retry the card themselves" in text


@pytest.mark.slow
def test_our_defaults_are_level_with_as_many_mails_spread_evenly_in_the_worlds_held_out() -> None:
    worlds = [of_drawn(seed) for seed in held_out()]
    gain = effect.column(worlds, OURS) - effect.column(worlds, SPREAD)
    assert np.median(gain) > 0
    assert np.mean(gain > 0) >= 0.9
