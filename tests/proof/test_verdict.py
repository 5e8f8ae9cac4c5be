"""What is said when, and when an answer may be expected."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.proof.rules.cohorts import WATCHED, cohorts_of, is_closed, months_between
from app.proof.rules.look import look
from app.proof.rules.ratio import Drawn, blocked, sample_ratio
from app.proof.rules.sequence import customers_needed, width
from app.proof.rules.units import Observed
from app.proof.rules.verdict import Outlook, Verdict, months_needed, outlook, verdict, words
from tests.proof.worlds import START, arms, unit


def said(lower: float, upper: float) -> Verdict:
    return verdict(100, 40, lower, upper, blocked=False)


def test_proven_is_said_only_where_the_interval_excludes_zero() -> None:
    assert said(0.001, 0.3) is Verdict.PROVEN
    assert said(0.0, 0.3) is Verdict.NOT_YET
    assert said(-0.3, 0.0) is Verdict.NOT_YET
    assert said(-0.3, -0.001) is Verdict.PROVEN_HARM


def test_a_few_customers_are_only_counted() -> None:
    assert verdict(171, 12, 0.1, 0.2, blocked=False) is Verdict.NOT_ENOUGH
    assert words(Verdict.NOT_ENOUGH, "dunning", 171, 12, None) == "n = 12 of 30"
    assert words(Verdict.NOT_ENOUGH, "dunning", 7, 12, None) == "n = 7 of 30"


def test_arms_that_are_not_as_they_were_drawn_block_whatever_the_interval_says() -> None:
    assert verdict(900, 100, 0.1, 0.2, blocked=True) is Verdict.BLOCKED
    assert "no number can be believed" in words(Verdict.BLOCKED, "dunning", 900, 100, None)


def test_until_then_it_says_how_long_it_may_take() -> None:
    ahead = Outlook(per_month=60, effect=0.16, months=8)
    assert words(Verdict.NOT_YET, "dunning", 171, 43, ahead) == (
        "not proven yet. At ~60 failures a month expect an answer in about 8 more months if the true effect is 16 pp."
    )
    assert "no answer within three years" in words(
        Verdict.NOT_YET, "dunning", 171, 43, Outlook(60, 0.015, None)
    )


def test_the_width_falls_with_every_customer() -> None:
    assert (round(width(300), 4), round(width(1200), 4)) == (0.1752, 0.0903)
    assert all(width(n) > width(n + 1) for n in range(1, 2000))


@pytest.mark.parametrize("effect", [0.02, 0.08, 0.5])
def test_the_customers_needed_are_the_fewest_at_which_the_interval_is_narrower(effect: float) -> None:
    n = customers_needed(1.1, effect)
    assert 1.1 * width(n) < effect <= 1.1 * width(n - 1)


def test_the_months_are_those_of_the_customers_still_missing() -> None:
    n = customers_needed(1.0, 0.1)
    assert months_needed(1.0, n - 61, 60, 0.1) == 2
    assert months_needed(1.0, n - 60, 60, 0.1) == 1
    assert months_needed(1.0, n, 60, 0.1) == 0
    assert months_needed(1.0, 0, n / 37, 0.1) is None
    with pytest.raises(ValueError, match="above zero"):
        customers_needed(1.0, 0)


def test_an_effect_that_would_have_been_seen_by_now_is_promised_no_more() -> None:
    early = outlook("dunning", n=200, per_month=50, tau=0.3, sd=1.0, half=0.22)
    assert early.effect == 0.08
    late = outlook("dunning", n=4000, per_month=50, tau=0.031, sd=1.0, half=0.05)
    assert late.effect == 0.031
    assert outlook("dunning", n=4000, per_month=50, tau=-0.002, sd=1.0, half=0.05).effect == 0.01


def test_arms_of_the_wrong_sizes_are_noticed_over_all_periods() -> None:
    assert sample_ratio([]) == 1
    assert sample_ratio([Drawn(80, 20, 0.8)]) == 1
    assert blocked(sample_ratio([Drawn(900, 100, 0.8)]))
    assert not blocked(sample_ratio([Drawn(82, 18, 0.8), Drawn(905, 95, 0.9)]))
    assert blocked(sample_ratio([Drawn(80, 20, 0.8), Drawn(800, 200, 0.9)]))


def test_a_cohort_closes_when_its_last_customer_has_been_watched_to_the_end() -> None:
    """January closes on 3 March for late payments: 30 days after its last instant. For offers on 2 May."""
    assert not is_closed("2026-01", WATCHED["dunning"], datetime(2026, 3, 2, 23, 59, tzinfo=UTC))
    assert is_closed("2026-01", WATCHED["dunning"], datetime(2026, 3, 3, tzinfo=UTC))
    assert not is_closed("2026-01", WATCHED["winback"], datetime(2026, 5, 1, 23, 59, tzinfo=UTC))
    assert is_closed("2026-01", WATCHED["cancellation"], datetime(2026, 5, 2, tzinfo=UTC))
    assert is_closed("2025-12", WATCHED["dunning"], datetime(2026, 1, 31, tzinfo=UTC))
    assert months_between("2025-11", "2026-02") == 4
    found = cohorts_of([(START, True), (START, False)], "dunning", START)
    assert [(c.month, c.treated, c.held_out, c.closed) for c in found] == [("2026-01", 1, 1, False)]


def observed(treated: int, held_out: int) -> list[Observed]:
    return [
        Observed("dunning", "minimal", "usd", u, contacts=2, recovered=True) for u in arms(treated, held_out)
    ]


def test_open_months_are_counted_and_stand_in_no_number() -> None:
    people = observed(40, 10)
    later = [Observed("dunning", "minimal", "usd", unit(True, 5_000_000, 5_000_000, day=70))]
    found = look("dunning", [*people, *later], datetime(2026, 3, 20, tzinfo=UTC))
    assert (found.closed_through, found.sample.n_treated, found.sample.n_held_out) == ("2026-01", 31, 10)
    assert [(c.month, c.treated, c.closed) for c in found.cohorts] == [
        ("2026-01", 31, True),
        ("2026-02", 9, False),
        ("2026-03", 1, False),
    ]
    assert (found.verdict, found.estimate) == (Verdict.NOT_ENOUGH, None)
    assert (found.reminders, found.recovered) == (62, 31)


def test_a_blocked_look_has_no_number() -> None:
    found = look("dunning", observed(300, 30), datetime(2027, 3, 20, tzinfo=UTC))
    assert (found.verdict, found.estimate, found.outlook) == (Verdict.BLOCKED, None, None)
    fine = look("dunning", observed(300, 75), datetime(2027, 3, 20, tzinfo=UTC))
    assert fine.verdict is Verdict.NOT_YET
    assert fine.outlook is not None
