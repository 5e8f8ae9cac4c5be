"""The lot: shares, nesting, one hold-out for all experiments, drawn anew each year."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.experiments.rules import Assignment, Experiment, Period, draw, is_held_out

DUNNING = Experiment("dunning", control="minimal")
OFFERS = Experiment("cancellation", control="no_offer", arms={"plain": 1.0, "bold": 3.0})
CUSTOMERS = [f"cus_{n}" for n in range(10_000)]
names = st.text(st.characters(codec="ascii", exclude_characters=":"), min_size=1, max_size=8)
shares = st.integers(0, 5000).map(lambda n: n / 10_000)


@given(st.text(max_size=30), st.dictionaries(names, st.floats(0.01, 9), min_size=1), shares)
def test_a_customer_always_gets_the_same_arm_with_the_chance_that_it_had(
    customer: str, arms: dict[str, float], share: float
) -> None:
    experiment = Experiment("e", "no", arms)
    drawn = draw(experiment, share, 2026, customer)
    assert draw(experiment, share, 2026, customer) == drawn
    if is_held_out(share, 2026, customer):
        assert (drawn.arm, drawn.propensity) == ("no", share)
    else:
        assert drawn.propensity == pytest.approx((1 - share) * arms[drawn.arm] / sum(arms.values()))


@settings(max_examples=6, deadline=None)
@given(st.text(max_size=12), st.integers(2020, 2060), st.sampled_from([0.05, 0.1, 0.2, 0.5]))
def test_of_ten_thousand_customers_every_arm_gets_its_share(salt: str, year: int, share: float) -> None:
    customers = [f"{salt}{n}" for n in range(10_000)]
    counts = Counter(draw(OFFERS, share, year, c).arm for c in customers)
    for arm, chance in (("no_offer", share), ("plain", (1 - share) / 4), ("bold", (1 - share) * 3 / 4)):
        five_errors = 5 * (chance * (1 - chance) / 10_000) ** 0.5
        assert counts[arm] / 10_000 == pytest.approx(chance, abs=five_errors)


def test_who_is_held_out_is_held_out_of_every_experiment() -> None:
    for customer in CUSTOMERS[:500]:
        arms = {draw(e, 0.3, 2026, customer).arm for e in (DUNNING, OFFERS)}
        assert arms == {"minimal", "no_offer"} or not arms & {"minimal", "no_offer"}


@given(shares, shares, st.text(max_size=30))
def test_a_larger_share_holds_out_everyone_whom_a_smaller_one_did(
    one: float, other: float, customer: str
) -> None:
    smaller, larger = sorted([one, other])
    assert is_held_out(larger, 2026, customer) >= is_held_out(smaller, 2026, customer)


def test_without_a_share_nobody_is_held_out_and_without_a_control_arm_neither() -> None:
    assert {draw(DUNNING, 0, 2026, c).arm for c in CUSTOMERS} == {"treated"}
    assert {draw(Experiment("notices"), 0.5, 2026, c) for c in CUSTOMERS} == {
        Assignment("notices:2026:0", "treated", 1.0)
    }


def test_the_hold_out_of_another_year_is_another_one() -> None:
    now, then = ({c for c in CUSTOMERS if is_held_out(0.2, year, c)} for year in (2026, 2027))
    assert len(now & then) / 10_000 == pytest.approx(0.2**2, abs=0.01)


def test_the_hold_out_says_nothing_about_the_arms_of_who_is_not_in_it() -> None:
    """Who would be held out under a larger share has the same arms as the others."""
    close = [c for c in CUSTOMERS if is_held_out(0.5, 2026, c) and not is_held_out(0.2, 2026, c)]
    bold = sum(draw(OFFERS, 0.2, 2026, c).arm == "bold" for c in close)
    assert bold / len(close) == pytest.approx(0.75, abs=0.04)


def test_another_experiment_shuffles_independently() -> None:
    other = Experiment("mail", arms=OFFERS.arms)
    same = sum(draw(OFFERS, 0, 2026, c).arm == draw(other, 0, 2026, c).arm for c in CUSTOMERS)
    assert same / 10_000 == pytest.approx(0.25**2 + 0.75**2, abs=0.03)


def test_an_arm_without_weight_is_never_given() -> None:
    experiment = Experiment("e", arms={"never": 0.0, "always": 2.0, "no": 0.0})
    customers = [f"cus_{n}" for n in range(60_000)]  # so many that every point of the scale is met
    assert {draw(experiment, 0, 2026, customer).arm for customer in customers} == {"always"}


@pytest.mark.parametrize(
    ("period", "name"),
    [
        (Period("dunning", 2026, 0.2, "minimal"), "dunning:2026:0.2:minimal"),
        (Period("dunning", 2026, 0.125, "platform"), "dunning:2026:0.125:platform"),
        (Period("winback", 2027), "winback:2027:0"),
    ],
)
def test_a_period_is_named_by_what_its_customers_were_drawn_under(period: Period, name: str) -> None:
    assert period.name == name
    assert Period.of(name) == period
