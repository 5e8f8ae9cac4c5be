from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.bootstrap import Application
from app.configuration import Configuration
from app.core.clock import real_now
from app.core.db import Database
from app.core.errors import ConfigurationError, Conflict
from app.core.testclock import TestClock
from app.settings import Settings

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def application(database: Database, **more: Any) -> Application:
    url = database.url.render_as_string(hide_password=False)
    return Application(Settings(database_url=url, test_clock=True, **more), Configuration())


def test_an_unset_clock_shows_real_time(database: Database) -> None:
    assert abs(TestClock(database)() - real_now()) < timedelta(seconds=5)


def test_a_set_clock_stands_still_for_every_process(database: Database) -> None:
    first, second = application(database), application(database)
    first.test_clock.set(NOON)
    assert first.clock() == second.clock() == NOON
    second.test_clock.set(NOON + timedelta(days=1))
    assert first.clock() == NOON + timedelta(days=1)
    for one in (first, second):
        one.db.dispose()


def test_the_clock_never_goes_back(database: Database) -> None:
    clock = TestClock(database)
    clock.set(NOON)
    clock.set(NOON)
    with pytest.raises(Conflict):
        clock.set(NOON - timedelta(microseconds=1))
    assert clock() == NOON


class Overtaken(TestClock):
    """Another process sets the clock between this one's look and its write."""

    def __call__(self) -> datetime:
        return NOON


def test_a_clock_that_another_process_has_just_set_does_not_go_back_either(database: Database) -> None:
    TestClock(database).set(NOON + timedelta(hours=2))
    with pytest.raises(Conflict):
        Overtaken(database).set(NOON + timedelta(hours=1))


def test_a_running_clock_runs_with_real_time_and_cannot_be_set_back(database: Database) -> None:
    clock = TestClock(database)
    clock.set(NOON, run=True)
    first = clock()
    assert NOON <= first < NOON + timedelta(seconds=5)
    assert clock() > first
    with pytest.raises(Conflict):
        clock.set(NOON)
    clock.set(NOON + timedelta(hours=1))
    assert clock() == clock() == NOON + timedelta(hours=1)


def test_a_live_key_refuses_the_test_clock(database: Database) -> None:
    with pytest.raises(ConfigurationError):
        application(database, stripe_api_key="sk_live_1234567890").clock()
