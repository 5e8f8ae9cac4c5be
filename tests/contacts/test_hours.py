from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.contacts.rules import SendingHours, last_open, next_open, on_day

HOURS = SendingHours()
ZONES = (
    "Australia/Lord_Howe Asia/Kathmandu Pacific/Apia Pacific/Chatham Africa/Casablanca America/Sao_Paulo "
    "Asia/Tehran Pacific/Auckland America/New_York Europe/Berlin Europe/London UTC"
).split()
START = datetime(2026, 1, 1, tzinfo=UTC)
zones = st.sampled_from(ZONES).map(ZoneInfo)
moments = st.integers(0, 2 * 366 * 24 * 60).map(lambda minutes: START + timedelta(minutes=minutes))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def is_open(at: datetime, zone: ZoneInfo, hours: SendingHours = HOURS) -> bool:
    return hours.start <= at.astimezone(zone).time() < hours.end


@given(moments, zones)
def test_the_next_open_minute_is_open_and_none_before_it_is(at: datetime, zone: ZoneInfo) -> None:
    found = next_open(at, zone, HOURS)
    assert found.tzinfo is UTC
    assert found >= at
    assert is_open(found, zone)
    assert found == at or not is_open(found - timedelta(minutes=1), zone)
    assert found - at <= timedelta(hours=16)
    assert next_open(found, zone, HOURS) == found


@given(moments, zones)
def test_the_last_open_minute_is_open_and_none_after_it_is(at: datetime, zone: ZoneInfo) -> None:
    found = last_open(at, zone, HOURS)
    assert found <= at
    assert is_open(found, zone)
    assert found == at or not is_open(found + timedelta(minutes=1), zone)


@given(moments, zones, st.integers(0, 90))
def test_a_step_some_days_on_is_open_on_that_local_day(at: datetime, zone: ZoneInfo, days: int) -> None:
    found = on_day(at, days, zone, HOURS)
    assert is_open(found, zone)
    assert found.astimezone(zone).date() == at.astimezone(zone).date() + timedelta(days=days)
    local = at.astimezone(zone).time()
    if HOURS.start <= local < HOURS.end:
        assert found.astimezone(zone).time() == local, "the anchor's time of day is kept over clock changes"


def test_nine_is_open_and_eighteen_is_not() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert next_open(utc("2026-01-05 08:00"), berlin, HOURS) == utc("2026-01-05 08:00")
    assert next_open(utc("2026-01-05 07:59"), berlin, HOURS) == utc("2026-01-05 08:00")
    assert next_open(utc("2026-01-05 16:59"), berlin, HOURS) == utc("2026-01-05 16:59")
    assert next_open(utc("2026-01-05 17:00"), berlin, HOURS) == utc("2026-01-06 08:00")
    assert last_open(utc("2026-01-05 17:00"), berlin, HOURS) == utc("2026-01-05 16:59")
    assert last_open(utc("2026-01-05 07:59"), berlin, HOURS) == utc("2026-01-04 16:59")


def test_a_begun_minute_counts_as_the_next_one() -> None:
    assert next_open(utc("2026-01-05 12:00:01"), ZoneInfo("UTC"), HOURS) == utc("2026-01-05 12:01")
    assert next_open(utc("2026-01-05 17:59:01"), ZoneInfo("UTC"), HOURS) == utc("2026-01-06 09:00")


@pytest.mark.parametrize(
    ("zone", "day", "wanted", "got"),
    [
        ("America/New_York", "2026-03-08", "02:30", "2026-03-08 07:00"),  # 02:00-03:00 is not there
        ("America/New_York", "2026-11-01", "01:30", "2026-11-01 05:30"),  # twice there: the first
        ("Australia/Lord_Howe", "2026-10-04", "02:10", "2026-10-03 15:30"),  # half an hour is not there
        ("Pacific/Apia", "2011-12-30", "09:00", "2011-12-30 10:00"),  # the whole day is not there
    ],
)
def test_a_wall_time_in_a_gap_is_the_minute_after_it_and_a_doubled_one_its_first(
    zone: str, day: str, wanted: str, got: str
) -> None:
    start = time.fromisoformat(wanted)
    hours = SendingHours(start, time(23, 59))
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)) - timedelta(minutes=1)
    assert on_day(midnight.replace(hour=0, minute=0), 1, ZoneInfo(zone), hours) == utc(got)


weekdays = st.sets(st.integers(0, 6), min_size=1).map(frozenset)


@given(moments, zones, weekdays)
def test_mails_leave_on_sending_days_only_and_at_the_first_minute_of_one(
    at: datetime, zone: ZoneInfo, days: frozenset[int]
) -> None:
    hours = SendingHours(days=days)
    found = next_open(at, zone, hours)
    assert found >= at
    assert is_open(found, zone, hours)
    assert found.astimezone(zone).weekday() in days
    if found.astimezone(zone).time() != hours.start:
        assert found - at < timedelta(minutes=1)
    assert next_open(found, zone, hours) == found


@given(moments, zones, weekdays)
def test_the_last_minute_before_is_on_a_sending_day_as_well(
    at: datetime, zone: ZoneInfo, days: frozenset[int]
) -> None:
    hours = SendingHours(days=days)
    found = last_open(at, zone, hours)
    assert found <= at
    assert is_open(found, zone, hours)
    assert found.astimezone(zone).weekday() in days


def test_hours_that_lie_in_a_gap_of_the_clocks_are_passed_over_that_day() -> None:
    zone, hours = ZoneInfo("America/New_York"), SendingHours(time(2, 10), time(2, 40))
    assert next_open(utc("2026-03-08 06:00"), zone, hours) == utc("2026-03-09 06:10")
    assert last_open(utc("2026-03-08 12:00"), zone, hours) == utc("2026-03-07 07:39")
