"""What stands beside the verdict: said under the same conditions as the verdict, and never in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.proof.rules.look import look
from app.proof.rules.told import Cancelled, Parts
from app.proof.rules.units import Observed
from app.proof.rules.verdict import Verdict
from tests.proof.worlds import unit

A_YEAR_ON = datetime(2027, 2, 1, tzinfo=UTC)
"""January 2026 was over 365 days ago."""


def visitors(
    treated: bool, n: int, *, gone: int = 0, pi: float = 0.5, value: int = 900, year: int = 900
) -> list[Observed]:
    """Of January, 1,000 at risk of each; the first ones have gone."""
    return [
        Observed(
            "cancellation", "no_offer", "usd",
            unit(treated, 1000, value + i % 2, "month", pi, day=i / 100),
            cancelled=i < gone, parts=Parts(value + i % 2), year=Parts(year + i % 2),
        )
        for i in range(n)
    ]  # fmt: skip


def test_below_thirty_customers_in_an_arm_nothing_secondary_is_said() -> None:
    found = look("cancellation", [*visitors(True, 40), *visitors(False, 29)], A_YEAR_ON)
    beside = found.secondary
    assert (found.verdict, beside.parts, beside.cancelled) == (Verdict.NOT_ENOUGH, None, None)
    assert beside.year is not None
    assert (beside.year.treated, beside.year.held_out) == (40, 29)
    assert (beside.year.net_kept, beside.year.incremental_minor) == (None, None)


def test_where_the_arms_are_not_as_they_were_drawn_nothing_secondary_is_said_either() -> None:
    found = look("cancellation", [*visitors(True, 300), *visitors(False, 30)], A_YEAR_ON)
    assert found.verdict is Verdict.BLOCKED
    assert (found.secondary.parts, found.secondary.cancelled, found.secondary.year) == (None, None, None)


def test_a_year_that_proves_something_leaves_the_verdict_where_it_was() -> None:
    """Within 90 days both arms brought the same, within 365 the treated brought far more."""
    found = look("cancellation", [*visitors(True, 60, year=2000), *visitors(False, 60, year=100)], A_YEAR_ON)
    assert found.verdict is Verdict.NOT_YET
    year = found.secondary.year
    assert year is not None
    assert year.lower_minor is not None
    assert year.lower_minor > 0


def test_a_month_is_in_the_year_once_its_last_customer_was_watched_so_long() -> None:
    january = [*visitors(True, 30), *visitors(False, 30)]
    later = timedelta(days=31)
    february = [replace(o, unit=replace(o.unit, at=o.unit.at + later)) for o in january]
    before = look("cancellation", january, A_YEAR_ON - timedelta(seconds=1))
    assert before.secondary.year is None
    year = look("cancellation", [*january, *february], A_YEAR_ON).secondary.year
    assert year is not None
    assert (year.closed_through, year.treated, year.held_out) == ("2026-01", 30, 30)


def test_late_payments_have_no_year_and_no_save_rate() -> None:
    late = [replace(o, experiment="dunning", parts=None, year=None) for o in pair(60)]
    found = look("dunning", late, A_YEAR_ON).secondary
    assert (found.parts, found.cancelled, found.year) == (None, None, None)


def pair(n: int) -> Sequence[Observed]:
    return [*visitors(True, n), *visitors(False, n)]


def test_years_of_other_odds_do_not_make_a_save_rate_of_their_own() -> None:
    """In a good year a tenth goes in either arm and a tenth was held out; in a bad one nine tenths and a half. Just
    counted, 54 of 140 treated and 46 of 60 held out would be a save rate of 50 %; nothing was saved."""
    good = [*visitors(True, 90, gone=9, pi=0.9), *visitors(False, 10, gone=1, pi=0.9)]
    bad = [*visitors(True, 50, gone=45), *visitors(False, 50, gone=45)]
    cancelled = look("cancellation", [*good, *bad], A_YEAR_ON).secondary.cancelled
    assert cancelled is not None
    assert (cancelled.treated, cancelled.held_out) == pytest.approx((0.5, 0.5))
    assert cancelled.save_rate_net == pytest.approx(0)


def test_where_nobody_who_was_held_out_has_gone_there_is_no_save_rate() -> None:
    assert Cancelled(0.1, 0.0).save_rate_net is None
    assert Cancelled(0.6, 0.5).save_rate_net == pytest.approx(-0.2)


def test_the_discount_is_in_no_sum() -> None:
    assert Parts(5000, 700, 2900).kept_minor == 4300
