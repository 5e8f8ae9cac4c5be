"""Until when a contract can be withdrawn from."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.cancellation.rules.withdrawal import open_until

BERLIN = ZoneInfo("Europe/Berlin")


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def test_the_day_of_the_contract_does_not_count_and_the_last_day_counts_to_midnight() -> None:
    """Wednesday the 3rd, and fourteen days: Wednesday the 17th, to its end in Berlin."""
    assert open_until(at(2026, 6, 3, 10), 14, BERLIN) == at(2026, 6, 17, 22)
    assert open_until(at(2026, 6, 3, 0, 1), 14, BERLIN) == at(2026, 6, 17, 22)


def test_days_are_those_of_the_place() -> None:
    """At 22:30 UTC it is the next day in Berlin."""
    assert open_until(at(2026, 6, 2, 22, 30), 14, BERLIN) == at(2026, 6, 17, 22)
    assert open_until(at(2026, 6, 2, 22, 30), 14, UTC) == at(2026, 6, 17)


@pytest.mark.parametrize("day", [6, 7, 8])
def test_a_last_day_on_a_weekend_moves_to_monday(day: int) -> None:
    assert open_until(at(2026, 6, day, 10), 14, UTC) == at(2026, 6, 23)


def test_the_clocks_change_within_the_time() -> None:
    assert open_until(at(2026, 10, 14, 10), 14, BERLIN) == at(2026, 10, 28, 23)


@pytest.mark.parametrize("days", [0, -1])
def test_without_such_a_right_there_is_no_time(days: int) -> None:
    assert open_until(at(2026, 6, 3), days, UTC) is None
