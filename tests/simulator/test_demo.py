"""The demo's people behave as the simulator says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.demo import business as demo
from sandbox.demo.business import Business, Person
from sandbox.demo.fates import PLACES, Fates
from sandbox.testing import running_sandbox
from simulator.params import Params


def test_the_demos_year_is_the_same_every_time_and_another_with_another_seed() -> None:
    one, again, other = (Fates(seed) for seed in (7, 7, 8))
    first = [one.draw() for _ in range(50)]
    assert first == [again.draw() for _ in range(50)]
    assert first != [other.draw() for _ in range(50)]


def test_the_demos_people_click_cancel_and_mend_as_often_as_the_simulators() -> None:
    """Of the first mail 11.2% are clicked, and 72% of the keepers' clicks become a new card."""
    params, fates = Params(), Fates(7)
    drawn = [fates.draw() for _ in range(PLACES)]
    pays = sum(0 in fate.pays for fate in drawn) / PLACES
    wanted = params.clicks[0] * (
        (1 - params.indifferent) * params.completes + params.indifferent * params.indifferent_completes
    )
    assert abs(pays - wanted) < 0.015
    assert 0.005 < sum(0 in fate.cancels for fate in drawn) / PLACES < 0.03
    assert not any(fate.pays & fate.cancels for fate in drawn)
    assert 0.05 < sum(fate.mends_after is not None for fate in drawn) / PLACES < 0.15


def test_a_lost_card_never_heals_and_what_the_bank_says_varies() -> None:
    fates = Fates(7)
    drawn = [fates.draw() for _ in range(PLACES)]
    assert not any(fate.heals_after for fate in drawn if fate.code in ("lost_card", "fraudulent"))
    assert {"insufficient_funds", "do_not_honor", "generic_decline", "incorrect_cvc"} < {
        f.code for f in drawn
    }
    assert all(0 < fate.heals_after < 31 for fate in drawn if fate.heals_after is not None)


def test_chance_leaves_the_guest_of_the_demo_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Her card is said to be lost; with another fate she would be written to on another day, or gone."""
    monkeypatch.setattr(demo, "LEAVES", 15)
    with running_sandbox() as sandbox:
        business = Business.found(sandbox, 2)
        guest = business.add("Ada Lovelace", email="ada@customer.example")
        left: list[Person] = []
        for _ in range(8):
            business.live(sandbox.now, left.append)
            sandbox.advance(sandbox.now + timedelta(days=1))
    assert left
    assert guest not in left
    assert guest.renews_at == 0.0
    assert guest.fate is None
