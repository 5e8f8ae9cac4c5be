"""When a report is due: the first weekday of a month at nine, where the merchant is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.reports.rules import LATE_AFTER, edition_at, is_time, next_edition, window_of

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-20", "2026-11-02T09:00+01:00"),  # the 1st is a Sunday
        ("2026-10-05", "2026-10-01T09:00+02:00"),  # a Thursday, in summer time
        ("2026-08-31", "2026-08-03T09:00+02:00"),  # the 1st is a Saturday
    ],
)
def test_it_is_due_on_the_first_weekday_at_nine(now: str, due: str) -> None:
    found = edition_at(datetime.fromisoformat(now).replace(tzinfo=UTC), BERLIN)
    assert found.due_at == datetime.fromisoformat(due)


def test_it_tells_of_the_month_before_and_of_payments_one_month_more() -> None:
    """Edge: over the turn of the year."""
    found = edition_at(datetime(2027, 1, 15, tzinfo=UTC), BERLIN)
    assert (found.key, found.month, found.paid_month) == (
        "report:2026-12",
        date(2026, 12, 1),
        date(2026, 11, 1),
    )
    assert (window_of(found.month).first, window_of(found.month).last) == (
        date(2026, 12, 1),
        date(2026, 12, 31),
    )


def test_the_month_is_that_of_the_merchants_calendar() -> None:
    """Edge: at 23:30 UTC on 30 June it is July in Berlin."""
    assert edition_at(datetime(2026, 6, 30, 23, 30, tzinfo=UTC), BERLIN).month == date(2026, 6, 1)
    assert edition_at(datetime(2026, 6, 30, 23, 30, tzinfo=UTC), ZoneInfo("UTC")).month == date(2026, 5, 1)


def test_a_worker_that_was_away_sends_it_within_a_week_and_not_later() -> None:
    edition = edition_at(datetime(2026, 11, 20, tzinfo=UTC), BERLIN)
    assert not is_time(edition, edition.due_at - timedelta(seconds=1))
    assert is_time(edition, edition.due_at)
    assert not is_time(edition, edition.due_at + LATE_AFTER)


def test_the_next_one_is_always_later() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    months = []
    for _ in range(24):
        found = next_edition(at, BERLIN)
        assert found.due_at > at
        months.append(found.month)
        at = found.due_at.astimezone(UTC)
    assert months == sorted(set(months))
    assert months[-1] == date(2027, 11, 1)
