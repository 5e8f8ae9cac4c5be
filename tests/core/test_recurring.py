"""Work that comes up every so often: once in its time, whoever comes first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from app.core import gates
from app.core.db import Database
from app.core.recurring import NEVER_YET, Recurring

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
DAILY = Recurring("proofs_looked_at")


def started(db: Database) -> None:
    with db.write() as session:
        gates.register(session, public_url="https://acme.example", provider_key=None, now=NOW)


def claimed(db: Database, at: datetime) -> bool:
    with db.write() as session:
        return DAILY.claim(session, at)


def test_before_the_first_start_there_is_nothing_to_do(database: Database) -> None:
    assert DAILY.next_at(None) is None
    assert not DAILY.is_due(None, NOW)
    assert not claimed(database, NOW)


def test_it_is_due_at_once_and_then_a_day_later(database: Database) -> None:
    started(database)
    with database.read() as session:
        here = gates.registered(session)
        assert (DAILY.next_at(here), DAILY.is_due(here, NOW)) == (NEVER_YET, True)
    assert claimed(database, NOW)
    with database.read() as session:
        here = gates.registered(session)
        assert DAILY.next_at(here) == NOW + timedelta(days=1)
        assert not DAILY.is_due(here, NOW + timedelta(hours=23))
        assert DAILY.is_due(here, NOW + timedelta(days=1))
    assert not claimed(database, NOW + timedelta(hours=23))
    assert claimed(database, NOW + timedelta(days=1))


def test_of_several_workers_one_does_it(database: Database) -> None:
    started(database)
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(lambda _: claimed(database, NOW), range(4))) == [False, False, False, True]
