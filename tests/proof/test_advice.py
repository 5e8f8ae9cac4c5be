"""What a hold-out would prove, cost and when."""

from __future__ import annotations

import pytest

from app.core.db import Database
from app.doctor import examine
from app.experiments.policy import ExperimentPolicy
from app.proof.advising import advices
from app.proof.rules.advice import advice, suggested_share
from tests.scenarios.diary import Diary, configured, open_diary


@pytest.mark.parametrize(("failures", "share"), [(1, 0.2), (199.9, 0.2), (200, 0.1), (5000, 0.1)])
def test_a_fifth_is_suggested_below_two_hundred_failures_a_month_else_a_tenth(
    failures: float, share: float
) -> None:
    assert suggested_share(failures) == share
    assert advice(failures, 4000, 0, "usd").share == share


@pytest.mark.parametrize(
    ("failures", "share", "months"),
    [(200, 0.2, 15), (1000, 0.1, 5), (50, 0.2, None)],  # simulated: 15, 5, more than 36
)
def test_the_months_to_an_answer_are_about_those_of_simulated_businesses(
    failures: float, share: float, months: int | None
) -> None:
    found = advice(failures, 4000, share, "usd").months
    assert found == (months and pytest.approx(months, abs=2))


def test_it_costs_what_does_not_come_from_who_is_held_out() -> None:
    """50 failures of 40 dollars, a fifth of them held out: 400 dollars at risk, and 8% of these do not come."""
    found = advice(50, 4000, 0.2, "usd")
    assert (found.effect, found.cost_minor) == (0.08, 3200)
    assert "costs about 32.00 USD a month and gives no answer within three years" in found.sentence


def test_both_arms_need_thirty_customers_and_a_month_to_close() -> None:
    """However many fail: one month until the smaller arm has 30 of them, and one more until they are closed."""
    assert advice(1_000_000, 4000, 0.1, "usd").months == 2


def test_where_nothing_fails_there_is_no_answer() -> None:
    assert advice(0, 0, 0.2, "usd").months is None


def held_out(diary: Diary) -> list[tuple[str, str]]:
    found = examine(diary.application)
    return [(f.verdict, f.told) for f in found if f.subject == "hold-out"]


def test_the_doctor_says_in_one_line_what_a_hold_out_is_worth(database: Database) -> None:
    with open_diary(database) as diary:
        ((verdict, told),) = held_out(diary)
        assert (verdict, told.endswith("set [experiments] holdout_share to a share")) == ("warn", True)
        diary.failing("lost_card")
        diary.until("2026-04-02T10:00:00")
        ((verdict, told),) = held_out(diary)
        assert verdict == "warn"
        assert "set [experiments] holdout_share to 0.2: holding out 20% of about 1 failures a month" in told
        diary.reconfigure(
            configured().model_copy(update={"experiments": ExperimentPolicy(holdout_share=0.5)})
        )
        ((verdict, told),) = held_out(diary)
        assert (verdict, told[:15]) == ("ok", "holding out 50%")
        with diary.application.db.read() as session:
            (found,) = advices(session, 0.5, now=diary.now)
            assert advices(session, 0.5, now=diary.now.replace(year=2027)) == []
        assert (found.failures_per_month, found.currency, found.cost_minor) == (1, "usd", 116)
