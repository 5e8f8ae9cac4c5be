"""A window is made of whole months and of days, and every day of it is in exactly one of them."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.stats.months import last_of
from app.stats.rollups.spans import Span, Stretch, months_of, stretches
from app.stats.rules import Window

DAY = timedelta(days=1)
days = st.dates(date(2023, 12, 1), date(2025, 3, 31))


def each_day(first: date, last: date) -> list[date]:
    return [first + DAY * n for n in range((last - first).days + 1)]


def days_in(stretch: Stretch) -> list[date]:
    last = last_of(stretch.last) if stretch.span is Span.MONTH else stretch.last
    return each_day(stretch.first, last)


@given(days, days)
def test_every_day_of_a_window_is_read_once_and_no_other_is(one: date, other: date) -> None:
    window = Window(min(one, other), max(one, other))
    assert [day for stretch in stretches(window) for day in days_in(stretch)] == each_day(
        window.first, window.last
    )


@given(days, days)
def test_of_days_are_read_only_those_of_the_two_months_at_the_edges(one: date, other: date) -> None:
    found = stretches(Window(min(one, other), max(one, other)))
    assert sum(len(days_in(stretch)) for stretch in found if stretch.span is Span.DAY) < 2 * 31


def test_a_year_is_read_from_its_months() -> None:
    assert stretches(Window(date(2024, 1, 1), date(2024, 12, 31))) == [
        Stretch(Span.MONTH, date(2024, 1, 1), date(2024, 12, 1))
    ]


@given(st.sets(days, max_size=40))
def test_runs_of_days_lie_in_one_month_and_are_the_days(wanted: set[date]) -> None:
    found = months_of(wanted)
    for runs in found:
        assert (
            len(
                {(run.first.year, run.first.month) for run in runs}
                | {(r.last.year, r.last.month) for r in runs}
            )
            == 1
        )
    assert [day for runs in found for run in runs for day in each_day(run.first, run.last)] == sorted(wanted)
