from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import MixedCurrencies
from app.core.money import Money, decimals, total

codes = st.sampled_from(["usd", "eur", "jpy", "kwd"])
amounts = st.integers(-(10**12), 10**12)


@pytest.mark.parametrize(
    ("money", "major"),
    [
        (Money(2900, "usd"), "29.00"),
        (Money(5, "eur"), "0.05"),
        (Money(2900, "jpy"), "2900"),
        (Money(2900, "kwd"), "2.900"),
        (Money(-1, "BHD"), "-0.001"),
        (Money(2900, "ISK"), "29.00"),
    ],
)
def test_minor_units_stand_for_as_many_decimals_as_the_provider_counts(money: Money, major: str) -> None:
    assert str(money.to_decimal()) == major


@given(codes, amounts)
def test_an_amount_is_exact_in_major_units(code: str, amount: int) -> None:
    assert Money(amount, code).to_decimal() * Decimal(10) ** decimals(code) == amount


@given(codes, amounts, amounts)
def test_amounts_of_one_currency_add_up(code: str, left: int, right: int) -> None:
    assert Money(left, code) + Money(right, code) == Money(left + right, code)


def test_two_currencies_never_add_up() -> None:
    with pytest.raises(MixedCurrencies):
        Money(1, "usd") + Money(1, "eur")


@given(st.lists(st.builds(Money, amounts, codes)))
def test_totals_are_one_a_currency_largest_first(parts: list[Money]) -> None:
    sums = total(parts)
    assert {m.currency for m in sums} == {p.currency for p in parts}
    assert [m.amount_minor for m in sums] == sorted((m.amount_minor for m in sums), reverse=True)
    for money in sums:
        assert money.amount_minor == sum(p.amount_minor for p in parts if p.currency == money.currency)
