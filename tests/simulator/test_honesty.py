"""The service's own report, on customers whose truth is known."""

from __future__ import annotations

import pytest

from simulator.honesty import STORIES, Story, Verdicts, judge, judge_many

AA, EFFECT, NULL, PLATFORM, EAGER, _ = STORIES
LEAST_COVERED, MOST_PROVEN = 0.93, 0.07
"""Two standard errors of 400 runs below 95%, above 5%."""


def few(story: Story) -> Verdicts:
    """Ten businesses for a year, instead of four hundred for three."""
    return Verdicts.of([judge(story, number, months=12) for number in range(10)])


def test_a_report_of_two_arms_that_are_alike_includes_zero_at_every_look() -> None:
    found = few(STORIES[AA])
    assert found.covered_zero >= 0.9
    assert found.proven <= 0.1


def test_a_guardrail_stops_mails_that_only_make_people_cancel() -> None:
    found = few(STORIES[EAGER])
    assert found.excess > 0.1
    assert found.stopped >= 0.8


def test_where_a_mail_does_nothing_the_true_difference_is_zero() -> None:
    found = few(STORIES[NULL])
    assert found.covered == found.covered_zero
    assert found.excess == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", STORIES)
def test_every_interval_of_36_looks_holds_the_truth_in_93_of_100_businesses(name: str) -> None:
    """400 businesses, 50 failures a month, a fifth held out."""
    found = judge_many(name)
    assert found.covered >= LEAST_COVERED
    if name in (AA, NULL):
        assert found.covered_zero >= LEAST_COVERED
        assert found.proven <= MOST_PROVEN
        assert found.stopped <= MOST_PROVEN
    if name in (PLATFORM, EAGER):
        assert found.stopped >= 0.95
