"""Group commit when things go wrong: no answer 200 without a commit, and back by itself."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core.db import Database
from app.core.errors import NotStored
from app.inbound.ports import Envelope
from app.inbound.service import Incoming, IntakeWriter, Outcome, writer
from app.inbound.states import InboundState, Source
from tests.inbound.conftest import Intake, make_app, speaking_to
from tests.inbound.factories import NOW, counted, deliver, event_body, state_of

ON_POSTGRES = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def _envelope(event_id: str) -> Envelope:
    return Envelope(event_id, "x", datetime(2026, 1, 1, tzinfo=UTC), True, None, None, None, None, " ")


class FakeStore:
    """Remembers batches; fails or hangs on demand."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.poison: set[str] = set()
        self.again: set[str] = set()

    async def store(self, batch: Sequence[Incoming], now: datetime) -> list[Outcome]:
        ids = [incoming.envelope.id for incoming in batch]
        self.batches.append(ids)
        await self.gate.wait()
        if self.poison & set(ids):
            raise ValueError("one of them")
        outcomes = [Outcome.AGAIN if id_ in self.again else Outcome.STORED for id_ in ids]
        self.again.clear()
        return outcomes

    def may_be_one_event(self, error: Exception) -> bool:
        return isinstance(error, ValueError)

    async def close(self) -> None: ...


async def _store(writer_: IntakeWriter, *ids: str) -> list[Outcome | BaseException]:
    calls = (writer_.store(Source.STRIPE, _envelope(id_), b"{}", InboundState.RECEIVED) for id_ in ids)
    return await asyncio.gather(*calls, return_exceptions=True)


def test_events_that_arrive_during_a_commit_share_the_next_one() -> None:
    async def story() -> None:
        store = FakeStore()
        store.gate.clear()
        writer_ = IntakeWriter(store, lambda: NOW)
        first = asyncio.create_task(_store(writer_, "a"))
        await asyncio.sleep(0.01)
        others = asyncio.create_task(_store(writer_, "c", "b", "b", "d"))
        await asyncio.sleep(0.01)
        store.gate.set()
        assert await first == [Outcome.STORED]
        assert await others == [Outcome.STORED] * 4
        # Sorted, so that two processes never wait for each other; a repeated id waits for its first.
        assert store.batches == [["a"], ["b", "c", "d"], ["b"]]
        await writer_.stop()

    asyncio.run(story())


def test_one_event_that_cannot_be_stored_does_not_take_the_others_along() -> None:
    async def story() -> None:
        store = FakeStore()
        store.poison = {"bad"}
        writer_ = IntakeWriter(store, lambda: NOW)
        good, bad, fine = await _store(writer_, "a", "bad", "z")
        assert (good, fine) == (Outcome.STORED, Outcome.STORED)
        assert isinstance(bad, NotStored)
        await writer_.stop()

    asyncio.run(story())


def test_an_event_that_another_process_stores_this_moment_is_looked_at_again() -> None:
    async def story() -> None:
        store = FakeStore()
        store.again = {"a"}
        writer_ = IntakeWriter(store, lambda: NOW)
        assert await _store(writer_, "a") == [Outcome.STORED]
        assert store.batches == [["a"], ["a"]]
        await writer_.stop()

    asyncio.run(story())


def test_a_database_that_does_not_answer_is_given_up_in_time() -> None:
    async def story() -> None:
        store = FakeStore()
        store.gate.clear()
        writer_ = IntakeWriter(store, lambda: NOW, timeout_seconds=0.05)
        (refused,) = await _store(writer_, "a")
        assert isinstance(refused, NotStored)
        store.gate.set()
        assert await _store(writer_, "b") == [Outcome.STORED]
        await writer_.stop()

    asyncio.run(story())


def test_a_full_queue_refuses_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        store = FakeStore()
        store.gate.clear()
        writer_ = IntakeWriter(store, lambda: NOW)
        monkeypatch.setattr(writer, "MAX_WAITING", 3)
        waiting = asyncio.create_task(_store(writer_, "a"))
        await asyncio.sleep(0.01)
        more = asyncio.create_task(_store(writer_, "b", "c", "d", "e"))
        await asyncio.sleep(0.01)
        store.gate.set()
        *stored, refused = await more
        assert stored == [Outcome.STORED] * 3
        assert isinstance(refused, NotStored)
        await waiting
        await writer_.stop()

    asyncio.run(story())


def test_stopping_stores_what_waits_and_takes_nothing_new() -> None:
    async def story() -> None:
        store = FakeStore()
        store.gate.clear()
        writer_ = IntakeWriter(store, lambda: NOW)
        first = asyncio.create_task(_store(writer_, "a"))
        await asyncio.sleep(0.01)
        second = asyncio.create_task(_store(writer_, "b"))
        await asyncio.sleep(0.01)
        stopping = asyncio.create_task(writer_.stop())
        await asyncio.sleep(0.01)
        (refused,) = await _store(writer_, "c")
        assert isinstance(refused, NotStored)
        store.gate.set()
        await stopping
        assert await first == await second == [Outcome.STORED]

    asyncio.run(story())


@ON_POSTGRES
def test_a_lost_connection_is_replaced_without_a_refusal(database: Database, intake: Intake) -> None:

    async def story() -> None:
        async with intake() as (app, client):
            assert (await deliver(client, event_body("evt_1"))).status_code == 200
            with database.write() as session:
                session.execute(
                    text(
                        "select pg_terminate_backend(pid) from pg_stat_activity"
                        " where pid <> pg_backend_pid() and backend_type = 'client backend'"
                    )
                )
            await asyncio.sleep(0.05)
            assert (await deliver(client, event_body("evt_2"))).json() == {"stored": 1}
            assert app.counters.not_stored == 0
        database.dispose()  # its connections were terminated as well
        assert counted(database) == (2, 0)

    asyncio.run(story())


@ON_SQLITE
def test_a_database_that_is_down_answers_503_and_comes_back_by_itself(
    tmp_path: Path, database: Database
) -> None:
    source = Path(database.url.database or "")
    home = tmp_path / "away" / "reclaim.db"

    async def story() -> None:
        app = make_app(f"sqlite:///{home}")
        async with speaking_to(app) as client:
            refused = await deliver(client, event_body())
            assert (refused.status_code, refused.json()["code"]) == (503, "not_stored")
            assert refused.headers["retry-after"]
            home.parent.mkdir()
            database.dispose()
            shutil.copy(source, home)
            assert (await deliver(client, event_body())).json() == {"stored": 1}
            assert (app.counters.not_stored, app.counters.stored) == (1, 1)

    asyncio.run(story())


@ON_POSTGRES
def test_a_postgresql_that_is_down_answers_503_and_comes_back_by_itself(
    tmp_path: Path, database: Database
) -> None:
    door = tmp_path / "door"  # where the server's socket will be
    url = database.url.set(query={"host": str(door)})

    async def story() -> None:
        app = make_app(url.render_as_string(hide_password=False))
        async with speaking_to(app) as client:
            refused = await deliver(client, event_body())
            assert (refused.status_code, refused.json()["code"]) == (503, "not_stored")
            door.symlink_to(str(database.url.query["host"]))
            assert (await deliver(client, event_body())).json() == {"stored": 1}
            assert (app.counters.not_stored, app.counters.stored) == (1, 1)
        assert counted(database) == (1, 0)

    asyncio.run(story())


@ON_POSTGRES
def test_an_event_that_a_worker_holds_does_not_make_senders_wait(database: Database, intake: Intake) -> None:

    async def story() -> None:
        async with intake() as (_, client):
            await deliver(client, event_body())
            with database.write() as session:
                session.execute(text("select id from inbound_events for update"))
                answer = await asyncio.wait_for(deliver(client, event_body()), 2)
                assert answer.json() == {"duplicate": True}
        assert state_of(database, "evt_1").duplicates == 0

    asyncio.run(story())


@ON_SQLITE
def test_a_locked_sqlite_file_is_a_503_and_no_loss(database: Database, intake: Intake) -> None:

    async def story() -> None:
        other = sqlite3.connect(str(database.url.database), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        async with intake() as (app, client):
            app.writer._timeout_seconds = 0.05
            assert (await deliver(client, event_body())).status_code == 503
            other.execute("ROLLBACK")
            other.close()
            app.writer._timeout_seconds = 5
            assert (await deliver(client, event_body())).status_code == 200
        assert counted(database) == (1, 0)

    asyncio.run(story())
