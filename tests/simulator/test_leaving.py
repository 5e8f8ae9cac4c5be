"""Simulated visits to the cancel page, and lapsed subscribers who come back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simulator.leaving.inviting import INVITATIONS, NONE, OURS
from simulator.leaving.inviting import compared as invited
from simulator.leaving.offering import CHOICES, compared
from simulator.leaving.params import PRICE, LeavingParams
from simulator.leaving.returning import DAYS, Invitations, Lapses, ReturnParams
from simulator.leaving.returning import run as run_year
from simulator.leaving.sessions import MONTHS, Sessions, run

ANSWERS, EVERYBODY, ORACLE, PLAIN = (
    "what answers the reason",
    "half price to everybody",
    "oracle",
    "plain page",
)


def test_who_takes_a_discount_pays_for_five_months_of_twelve_as_published() -> None:
    """4.95 months; 35% are left when three months of discount end, 17% after a year."""
    usual = replace(LeavingParams(), bluffer=0.0, price=1.0, pause=0.0, fixable=0.0, trained=1.0, returns=0.0)
    world = Sessions(replace(usual, takes_fitting=1.0, takes_other=1.0), seed=1, people=20_000)
    came = run(world, CHOICES[EVERYBODY])
    paying = came.cash > 0
    assert (world.kind == PRICE).all()
    assert abs(paying[:, 3].mean() - 0.35) < 0.015
    assert abs(paying[:, 11].mean() - 0.178) < 0.015
    assert abs(paying.sum(axis=1).mean() - 4.95) < 0.1
    assert set(np.unique(came.cash[:, :3])) == {0.0, 0.5}
    assert set(np.unique(came.cash[:, 3:])) == {0.0, 1.0}


def test_of_those_who_leave_a_fifth_come_back_within_a_year_by_themselves() -> None:
    """20.1% of monthly plans; fewer of those who left for the service."""
    nobody_stays = replace(LeavingParams(), bluffer=0.0, price=0.0, pause=0.0, fixable=0.0)
    world = Sessions(nobody_stays, seed=1, people=20_000)
    back = (run(world, CHOICES[PLAIN]).cash > 0).any(axis=1)
    assert 0.16 < back.mean() < 0.20
    assert not run(world, CHOICES[PLAIN]).accepted.any()


def test_the_plain_page_keeps_only_those_who_would_stay_anyway() -> None:
    world = Sessions(replace(LeavingParams(), returns=0.0), seed=2)
    came = run(world, CHOICES[PLAIN])
    assert np.array_equal(came.cash[:, 0] > 0, came.stays_anyway)
    assert not came.offered.any()
    assert came.free_riders == 0


def test_an_answer_to_the_reason_keeps_more_than_half_price_for_everybody_and_less_than_the_oracle() -> None:
    year = dict.fromkeys(CHOICES, 0.0)
    for seed in range(1, 5):
        for name, came in compared(seed).items():
            year[name] += came.per_session(MONTHS)
    assert year[PLAIN] < year[EVERYBODY] < year[ANSWERS] < year[ORACLE]


def test_a_discount_that_makes_people_leave_later_costs_money() -> None:
    mild = run(Sessions(LeavingParams(), seed=3), CHOICES[EVERYBODY])
    harsh = run(Sessions(replace(LeavingParams(), trained=3.0), seed=3), CHOICES[EVERYBODY])
    assert harsh.per_session(MONTHS) < mild.per_session(MONTHS)
    assert mild.free_riders > 0.2


def test_our_invitations_go_on_the_days_of_the_product() -> None:
    ours = INVITATIONS[OURS]
    assert (ours.involuntary, ours.voluntary) == ((3, 14, 45), (30, 90))


def test_people_come_back_by_themselves_as_published_and_a_mail_without_effect_changes_nothing() -> None:
    """20.1% within a year; of those who left by their own will, fewer."""
    alike = ReturnParams(involuntary_returns=1.0, service_returns=1.0, lift=0.0)
    world = Lapses(alike, seed=1, people=6000)
    silent, written = run_year(world, Invitations()), run_year(world, INVITATIONS[OURS])
    assert abs((silent.day < DAYS).mean() - 0.19) < 0.02
    assert np.array_equal(silent.day, written.day)
    assert silent.mails.sum() == 0 < written.mails.sum()


def test_a_mail_brings_some_back_and_a_discount_costs_what_would_have_come_anyway() -> None:
    worlds = [invited(seed) for seed in (1, 2)]
    for found in worlds:
        assert (found[OURS].day <= found[NONE].day).all()
        assert (found[OURS].day < found[NONE].day).any()
    half = "six mails, half price for everybody who left"
    assert sum(found[half].cash.mean() - found[OURS].cash.mean() for found in worlds) < 0
