"""The estimator against the same formulas written out once more, without numpy, and its laws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.proof.rules.estimate import effect, estimate
from app.proof.rules.units import Sample, Unit, sample_of
from tests.proof.worlds import sample, unit

EIGHT = [
    unit(True, 1000, 1000, "hard"),
    unit(True, 2000, 0, "hard"),
    unit(False, 1000, 0, "hard"),
    unit(True, 3000, 3000, "soft", pi=0.5),
    unit(True, 1500, 750, "soft", pi=0.5),
    unit(False, 2500, 2500, "soft", pi=0.5),
    unit(False, 500, 0, "soft", pi=0.5),
    unit(True, 9000, 9000, "soft"),
]


def by_hand(units: Sequence[Unit]) -> tuple[float, float]:
    """tau and half of the always-valid interval, from the formulas of docs/proof.md and nothing else."""
    n = len(units)
    raw = sorted(u.at_risk_minor for u in units)
    place = 0.99 * (n - 1)
    below = int(place)
    cap = raw[below] + (place - below) * (raw[min(below + 1, n - 1)] - raw[below])
    scale = [min(1.0, cap / u.at_risk_minor) for u in units]
    x = [u.at_risk_minor * s for u, s in zip(units, scale, strict=True)]
    v = [u.value_minor * s for u, s in zip(units, scale, strict=True)]
    xbar = sum(x) / n
    psi = []
    for i, u in enumerate(units):
        m = {}
        for arm in (True, False):
            mine = [k for k in range(n) if units[k].treated == arm]
            whole = sum(v[k] for k in mine) / sum(x[k] for k in mine)
            peers = [k for k in mine if units[k].stratum == u.stratum]
            rate = (sum(v[k] for k in peers) + 5 * xbar * whole) / (sum(x[k] for k in peers) + 5 * xbar)
            m[arm] = x[i] * rate
        seen = (v[i] - m[True]) / u.pi if u.treated else -(v[i] - m[False]) / (1 - u.pi)
        psi.append(m[True] - m[False] + seen)
    mean = sum(psi) / n
    sd = sqrt(sum((p - mean) ** 2 for p in psi) / (n - 1))
    rho2 = (-2 * log(0.05) + log(-2 * log(0.05) + 1)) / 300
    width = sqrt(2 * (n * rho2 + 1) / (n * n * rho2) * log(sqrt(n * rho2 + 1) / 0.05))
    return mean / xbar, sd / xbar * width


def test_the_estimate_is_what_the_formulas_say() -> None:
    tau, half = by_hand(EIGHT)
    found = effect(sample_of(EIGHT))
    assert (found.tau, found.half) == pytest.approx((tau, half))


def test_two_arms_of_one_class_and_price_without_shrinking_differ_by_their_rates() -> None:
    """60 of 80 pay when treated, 10 of 20 when held out, all at 10.00: a quarter of the money at risk, 2.00 a head."""
    units = [unit(True, 1000, 1000 * (i < 60), day=i) for i in range(80)]
    units += [unit(False, 1000, 1000 * (i < 10), day=i) for i in range(20)]
    assert effect(sample_of(units)).tau == pytest.approx(0.25)


def test_the_report_counts_money_as_it_came_and_its_parts_fit() -> None:
    units = [unit(True, 1000, 1000 * (i < 60), day=i) for i in range(80)]
    units += [unit(False, 1000, 1000 * (i < 20), day=i) for i in range(40)]
    found = estimate(sample_of(units))
    assert found is not None
    assert (found.at_risk_minor, found.collected_minor, found.incremental_minor) == (80_000, 60_000, 20_000)
    assert found.anyway_minor == 40_000
    assert found.upper_minor - found.incremental_minor == found.incremental_minor - found.lower_minor


def test_below_thirty_customers_in_an_arm_there_is_no_number() -> None:
    units = [unit(True, 1000, 1000)] * 200 + [unit(False, 1000, 0)] * 29
    assert estimate(sample_of(units)) is None
    assert estimate(sample_of([*units, unit(False, 1000, 0)])) is not None


def test_one_large_account_does_not_decide_alone() -> None:
    """A hundred customers of 10.00 and one of 100,000.00 who paid."""
    units = [unit(i % 2 == 0, 1000, 1000 * (i % 4 < 2), pi=0.5, day=i) for i in range(100)]
    alone = effect(sample_of(units))
    with_it = effect(sample_of([*units, unit(True, 10_000_000, 10_000_000, pi=0.5)]))
    assert abs(with_it.tau - alone.tau) < 0.05


def test_who_could_only_come_into_one_arm_is_refused() -> None:
    with pytest.raises(ValueError, match="one arm"):
        sample_of([unit(True, 1000, 1000, pi=1.0)])


def test_adjusting_for_class_and_price_makes_the_interval_narrower() -> None:
    whole = sample(3, 1200)
    blind = replace(whole, stratum=whole.stratum * 0)
    assert effect(whole).half < effect(blind).half


customers = st.lists(
    st.builds(
        unit,
        treated=st.booleans(),
        at_risk=st.integers(1, 100_000),
        value=st.integers(0, 100_000),
        stratum=st.sampled_from(["hard", "soft"]),
        pi=st.sampled_from([0.5, 0.8, 0.9]),
        day=st.integers(0, 700),
    ),
    min_size=2,
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(customers)
def test_the_interval_contains_its_point_and_is_as_long_on_both_sides(units: list[Unit]) -> None:
    found = effect(sample_of(units))
    assert found.lower <= found.tau <= found.upper
    assert found.upper - found.tau == pytest.approx(found.tau - found.lower)


@settings(max_examples=60, deadline=None)
@given(customers, st.integers(2, 1000))
def test_the_share_is_the_same_in_cents_and_in_dollars(units: list[Unit], k: int) -> None:
    larger = [replace(u, at_risk_minor=u.at_risk_minor * k, value_minor=u.value_minor * k) for u in units]
    one, other = effect(sample_of(units)), effect(sample_of(larger))
    assert (other.tau, other.half) == pytest.approx((one.tau, one.half), rel=1e-6, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(customers)
def test_with_the_arms_exchanged_the_effect_changes_its_sign(units: list[Unit]) -> None:
    swapped = [replace(u, treated=not u.treated, pi=1 - u.pi) for u in units]
    one, other = effect(sample_of(units)), effect(sample_of(swapped))
    assert (other.tau, other.half) == pytest.approx((-one.tau, one.half), rel=1e-6, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(customers)
def test_it_is_by_hand_for_everybody(units: list[Unit]) -> None:
    if len({u.treated for u in units}) < 2:
        return
    tau, half = by_hand(units)
    found = effect(sample_of(units))
    assert (found.tau, found.half) == pytest.approx((tau, half), rel=1e-6, abs=1e-9)


def ever_missed(world: Sample, truth: float) -> bool:
    """Whether the interval misses the truth at one of twelve monthly looks."""
    for month in range(1, 13):
        found = estimate(world.until(50 * month))
        if found is not None and not found.effect.lower <= truth <= found.effect.upper:
            return True
    return False


@pytest.mark.parametrize("truth", [0.0, 0.1])
def test_looked_at_every_month_the_interval_is_still_right(truth: float) -> None:
    """A year of fifty failures a month, sixty times; the long version is in the simulator."""
    missed = sum(ever_missed(sample(seed, 600, truth), truth) for seed in range(60))
    assert missed <= 5
