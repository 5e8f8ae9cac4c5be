"""What an offer comes to: amounts to the minor unit, days to the calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.offers.rules.contract import Contract, Discount, Preview
from app.offers.rules.terms import (
    Terms,
    after,
    coupon_of,
    renewals_within,
    terms_from_json,
    terms_of,
    with_totals,
)
from app.offers.states import Means
from tests.offers.factories import MONTHLY, NOW, at, contract, offer

MONTHS = st.integers(1, 12)
INSTANTS = st.integers(0, 7 * 365 * 24).map(lambda hours: at("2024-01-01T00:30:00") + timedelta(hours=hours))


def terms(kind: str, to: Contract = MONTHLY, now: datetime = NOW, **more: object) -> Terms:
    return terms_of(offer(kind, **more), to, feature="sso", now=now)


def test_a_free_month_costs_the_renewal_and_the_next_one_is_paid_in_full() -> None:
    told = terms("free_months")
    assert (told.means, told.percent, told.months) == (Means.COUPON, 100.0, 1)
    assert (told.price_minor, told.charged_minor, told.saved_minor, told.cost_minor) == (2900, 0, 2900, 2900)
    assert told.next_charge_at == at("2026-04-01T10:00:00")
    assert told.full_charge_at == at("2026-05-01T10:00:00")


@pytest.mark.parametrize(
    ("interval", "count", "price", "credit"),
    [
        ("year", 1, 12000, 1000),
        ("year", 2, 24000, 1000),
        ("month", 3, 8700, 2900),
        ("year", 1, 10000, 833),
        ("year", 1, 9999, 833),
        ("week", 1, 700, 700),
        ("day", 1, 100, 100),
        ("week", 13, 9100, 3042),
        ("year", 1, 5, 0),
    ],
)
def test_a_free_month_of_another_interval_is_its_share_of_the_renewal_as_credit(
    interval: str, count: int, price: int, credit: int
) -> None:
    """Edge case 10: a twelfth of a year, rounded half up; never more than the renewal."""
    to = contract(line={"interval": interval, "interval_count": count, "amount_minor": price})
    told = terms("free_months", to)
    assert told.means is Means.CREDIT
    assert (told.saved_minor, told.cost_minor) == (credit, credit)
    assert told.charged_minor == price - credit
    assert coupon_of("g", told).months is None


@pytest.mark.parametrize(
    ("price", "quantity", "charged", "saved"),
    [(2900, 1, 1450, 4350), (2901, 1, 1450, 4353), (2900, 3, 4350, 13050), (1, 1, 0, 3), (2900, 0, 0, 0)],
)
def test_a_percentage_is_of_price_times_quantity_over_all_months(
    price: int, quantity: int, charged: int, saved: int
) -> None:
    told = terms("percent_off", contract(line={"amount_minor": price, "quantity": quantity}))
    assert (told.charged_minor, told.saved_minor, told.cost_minor) == (charged, saved, saved)


def test_an_amount_off_is_no_more_than_the_price_and_in_its_own_currency() -> None:
    """Edge case 9; a currency without decimals has no cents to take."""
    small = contract(line={"amount_minor": 700})
    assert terms("amount_off", small).charged_minor == 0
    yen = contract(currency="jpy", line={"currency": "jpy", "amount_minor": 1500})
    told = terms("amount_off", yen, amount_minor={"jpy": 300})
    assert (told.charged_minor, told.saved_minor) == (1200, 600)
    assert (coupon_of("g", told).amount_off_minor, coupon_of("g", told).currency) == (300, "jpy")
    assert coupon_of("g", told).months == 2


def test_a_coupon_bears_the_grants_id() -> None:
    assert coupon_of("grant_7", terms("free_months")).coupon_id == "reclaim-grant_7"


@pytest.mark.parametrize(
    ("anchor", "renewal", "months", "resumes"),
    [
        ("2026-01-31T10:00:00", "2026-02-28T10:00:00", 1, "2026-03-31T09:00:00"),
        ("2026-01-31T10:00:00", "2026-01-31T10:00:00", 1, "2026-02-28T09:00:00"),
        ("2024-01-31T10:00:00", "2024-01-31T10:00:00", 1, "2024-02-29T09:00:00"),
        ("2024-01-30T10:00:00", "2024-02-29T10:00:00", 1, "2024-03-30T09:00:00"),
        ("2025-12-31T00:30:00", "2025-12-31T00:30:00", 2, "2026-02-27T23:30:00"),
        ("2026-08-31T10:00:00", "2026-08-31T10:00:00", 3, "2026-11-30T09:00:00"),
    ],
)
def test_a_pause_ends_an_hour_before_the_renewal_of_the_day_that_was_told(
    anchor: str, renewal: str, months: int, resumes: str
) -> None:
    """Edge case 18: 31 January and a month is the last day of February."""
    to = contract(anchored_at=at(anchor), period_end_at=at(renewal))
    told = terms("pause", to, at(renewal) - timedelta(days=5), months=months)
    assert told.ends_at == at(resumes)
    assert told.full_charge_at == told.next_charge_at == at(resumes) + timedelta(hours=1)
    assert (told.charged_minor, told.cost_minor) == (0, 0)


def test_a_trial_is_longer_by_its_days_from_its_own_end() -> None:
    to = contract(status="trialing", trial_end_at=at("2026-03-17T10:00:00"))
    told = terms("extend_trial", to)
    assert told.ends_at == told.full_charge_at == at("2026-03-31T10:00:00")


def test_an_upgrade_ends_by_the_calendar_and_costs_what_it_says() -> None:
    told = terms("upgrade", cost_minor={"usd": 400})
    assert (told.means, told.ends_at, told.cost_minor) == (Means.ENTITLEMENT, at("2026-05-10T10:00:00"), 400)
    assert terms("upgrade", by_schedule=True).means is Means.SCHEDULE


@pytest.mark.parametrize("kind", ["free_months", "percent_off", "pause", "upgrade", "talk", "redirect"])
def test_terms_are_read_back_from_a_row_as_they_were(kind: str) -> None:
    told = terms(kind)
    assert terms_from_json(told.as_json()) == told


def test_totals_have_the_tax_of_the_preview_in_proportion() -> None:
    told = with_totals(terms("percent_off"), MONTHLY, Preview(3451, 551, "usd", NOW))
    assert (told.total_now_minor, told.total_after_minor) == (1726, 3451)


@pytest.mark.parametrize(
    "preview",
    [None, Preview(3451, 551, "eur", NOW), Preview(1000, 0, "usd", NOW)],
)
def test_a_total_that_is_not_sure_is_not_told(preview: Preview | None) -> None:
    assert with_totals(terms("percent_off"), MONTHLY, preview).total_after_minor is None
    held = contract(discounts=(Discount("di_1", "old", percent_off=10),))
    assert with_totals(terms("percent_off"), held, Preview(2900, 0, "usd", NOW)).total_after_minor is None


@given(INSTANTS, MONTHS)
def test_so_many_months_later_never_skips_a_month(start: datetime, months: int) -> None:
    later = after(start, "month", months, anchor=start)
    assert (later.year * 12 + later.month) - (start.year * 12 + start.month) == months
    assert later.day <= start.day
    assert later.time() == start.time()


@given(INSTANTS, st.integers(0, 30), MONTHS)
def test_a_coupon_of_some_months_covers_as_many_renewals_or_one_beside(
    start: datetime, days: int, months: int
) -> None:
    to = replace(MONTHLY, anchored_at=start, period_end_at=after(start, "month", 1, anchor=start))
    now = start + timedelta(days=days)
    if to.period_end_at is not None and now < to.period_end_at:
        assert abs(renewals_within(to, months, now) - months) <= 1


@given(
    st.sampled_from(["free_months", "percent_off", "amount_off"]),
    st.integers(0, 10**9),
    st.sampled_from(["day", "week", "month", "year"]),
    st.integers(1, 12),
    st.integers(1, 100),
)
def test_nothing_is_ever_charged_below_nothing_or_saved_above_the_price(
    kind: str, price: int, interval: str, count: int, quantity: int
) -> None:
    line = {"amount_minor": price, "interval": interval, "interval_count": count, "quantity": quantity}
    told = terms(kind, contract(line=line))
    assert told.charged_minor is not None
    assert 0 <= told.charged_minor <= price * quantity
    assert told.cost_minor == told.saved_minor >= 0
    assert told.full_charge_at is not None
    assert told.next_charge_at is not None
    assert told.full_charge_at > told.next_charge_at
