"""What must not get worse: complaints, cancellations, money that goes back; and curves of who is still there."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest

from app.feedback.rules import Alarm
from app.proof.rules.aa import self_check
from app.proof.rules.guardrails import Difference, complaints, difference, proportion
from app.proof.rules.survival import logrank, survival
from tests.proof.worlds import sample


def test_no_complaint_of_188_mails_may_still_be_one_in_twenty_three() -> None:
    lower, upper = proportion(0, 188)
    assert (lower, round(upper, 3)) == (0, 0.043)
    assert proportion(0, 0) == (0, 1)
    assert proportion(5, 5)[1] == 1


@pytest.mark.parametrize(("happened", "n"), [(3, 40), (1, 10), (9, 10)])
def test_the_ends_are_where_the_mixture_is_twenty_times_as_likely(happened: int, n: int) -> None:
    """The uniform mixture of a binomial is 1 / (n + 1) whatever happened."""
    for p in proportion(happened, n):
        alone = comb(n, happened) * p**happened * (1 - p) ** (n - happened)
        assert 1 / (n + 1) / alone == pytest.approx(20)


def test_few_mails_ask_a_person_and_many_need_certainty() -> None:
    assert complaints(999, 1) is Alarm.NONE
    assert complaints(999, 2) is Alarm.LOOK
    assert complaints(1000, 3) is Alarm.NONE  # 0.3% so far, 0.007% for sure
    assert complaints(1000, 8) is Alarm.WARN
    assert complaints(1000, 20) is Alarm.STOP
    assert complaints(1_000_000, 3400) is Alarm.STOP
    assert complaints(1_000_000, 2800) is Alarm.WARN


def bad_in(seed: int, usual: float, harm: float, n: int) -> tuple[Difference, ...]:
    """Looks after each fifty customers."""
    world = sample(seed, n)
    bad = np.random.default_rng(seed + 1000).random(n) < usual + harm * world.treated
    ends = range(50, n + 1, 50)
    return tuple(difference(world.treated[:m], world.pi[:m], world.stratum[:m], bad[:m]) for m in ends)


def test_mails_that_only_make_customers_cancel_are_stopped() -> None:
    looks = [bad_in(seed, 0.02, 0.08, 1200) for seed in range(30)]
    assert sum(any(look.crossed for look in run) for run in looks) >= 28


@pytest.mark.parametrize("usual", [0.01, 0.05])
def test_what_happens_as_often_in_both_arms_stops_nothing(usual: float) -> None:
    """Also where nobody of a small arm has cancelled yet."""
    looks = [bad_in(seed, usual, 0, 1200) for seed in range(60)]
    assert sum(any(look.crossed for look in run) for run in looks) <= 3


def test_what_happens_less_often_to_treated_customers_stops_nothing() -> None:
    assert not any(look.crossed for seed in range(10) for look in bad_in(seed, 0.2, -0.2, 1200))


def test_below_thirty_customers_in_an_arm_nothing_is_compared() -> None:
    world = sample(1, 100)
    everybody = np.ones(100, dtype=np.bool_)
    found = difference(world.treated, world.pi, world.stratum, everybody)
    assert found.held_out < 30
    assert (found.difference, found.crossed) == (None, False)


def test_the_estimator_finds_nothing_between_arms_that_differ_in_nothing() -> None:
    found = self_check(sample(2, 600, effect=0.3))
    assert found is not None
    assert (found.draws, found.passed) == (100, True)
    assert self_check(sample(2, 100)) is None


def test_a_curve_falls_where_somebody_left_of_those_still_watched() -> None:
    """Five lives: one ends on day 5, one on 10 where another is watched no longer, one on 40, one goes on.

    4/5; then 3 of 4; then 1 of 2.
    """
    curve = survival([5, 10, 10, 40, 100], [True, False, True, True, False])
    assert [(day, round(share, 4)) for day, share in curve.steps] == [(0, 1), (5, 0.8), (10, 0.6), (40, 0.3)]
    assert (curve.n, curve.ended) == (5, 3)
    assert dict(zip((0, 30, 60, 90, 180, 365), curve.at_risk, strict=True)) == {
        0: 5,
        30: 2,
        60: 1,
        90: 1,
        180: 0,
        365: 0,
    }
    assert (curve.share(4), curve.share(5), curve.share(365)) == pytest.approx((1, 0.8, 0.3))


def test_who_left_at_once_is_missing_from_the_first_day() -> None:
    assert survival([0, 10], [True, False]).steps == ((0.0, 0.5),)
    assert survival([], []).steps == ((0.0, 1.0),)


def test_two_curves_are_compared_where_somebody_left() -> None:
    soon, late = [1.0, 2.0, 3.0, 4.0, 5.0] * 6, [50.0, 60.0, 70.0, 80.0, 90.0] * 6
    p = logrank(soon, [True] * 30, late, [True] * 30)
    assert p is not None
    assert p < 0.001
    assert logrank(soon, [False] * 30, late, [False] * 30) is None
    assert logrank([], [], late, [True] * 30) is None
