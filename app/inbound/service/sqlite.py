"""Storing a batch on SQLite: one thread, one BEGIN IMMEDIATE, one fsync."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from app.inbound.rules import same_event
from app.inbound.service.incoming import Incoming, Outcome

_KNOWN = """
select stored.event_id, stored.source, stored.id, stored.body
from json_each(?) as given cross join inbound_events as stored
where stored.event_id = json_extract(given.value, '$[0]')
    and stored.source = json_extract(given.value, '$[1]')"""

_INSERT = """
insert into inbound_events (source, event_id, type, api_version, livemode, object_id, customer_id, refs,
    created_at, received_at, body, state, duplicates, attempts, next_at)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?)"""

_COUNT = "update inbound_events set duplicates = duplicates + 1 where id = ?"

_KEEP_ASIDE = """
insert into inbound_conflicts (source, event_id, received_at, body)
select ?1, ?2, ?3, ?4 where not exists (
    select 1 from inbound_conflicts where source = ?1 and event_id = ?2 and body = ?4)"""


class SqliteStore:
    """A connection that only its one thread touches, opened when needed, thrown away after any error."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inbound")
        self._connection: sqlite3.Connection | None = None

    async def store(self, batch: Sequence[Incoming], now: datetime) -> list[Outcome]:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._store, batch, now)

    def may_be_one_event(self, error: Exception) -> bool:
        return isinstance(error, sqlite3.Error) and not isinstance(error, sqlite3.OperationalError)

    async def close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)

    def _store(self, batch: Sequence[Incoming], now: datetime) -> list[Outcome]:
        if self._connection is None:
            self._connection = _connect(self._path)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            outcomes = _store_on(self._connection, batch, now)
            self._connection.execute("COMMIT")
        except BaseException:
            self._disconnect()
            raise
        return outcomes

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()  # rolls back what is open


def _connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=4, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=4000"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _store_on(connection: sqlite3.Connection, batch: Sequence[Incoming], now: datetime) -> list[Outcome]:
    received_at = _text(now)
    keys = json.dumps([incoming.key for incoming in batch])
    # Nobody else can write before our COMMIT, so what is not known here is new.
    known = {(i, source): (pk, body) for i, source, pk, body in connection.execute(_KNOWN, (keys,))}
    fresh = [incoming for incoming in batch if incoming.key not in known]
    connection.executemany(_INSERT, [_row(incoming, received_at) for incoming in fresh])
    outcomes = []
    for incoming in batch:
        if incoming.key not in known:
            outcomes.append(Outcome.STORED)
            continue
        pk, body = known[incoming.key]
        connection.execute(_COUNT, (pk,))
        if same_event(body, incoming.body):
            outcomes.append(Outcome.DUPLICATE)
        else:
            connection.execute(
                _KEEP_ASIDE, (incoming.source.value, incoming.envelope.id, received_at, incoming.body)
            )
            outcomes.append(Outcome.CONFLICT)
    return outcomes


def _row(incoming: Incoming, received_at: str) -> tuple[Any, ...]:
    envelope = incoming.envelope
    return (
        incoming.source.value,
        envelope.id,
        envelope.type,
        envelope.api_version,
        envelope.livemode,
        envelope.object_id,
        envelope.customer_id,
        envelope.refs,
        _text(envelope.created),
        received_at,
        incoming.body,
        incoming.state.value,
        received_at,
    )


def _text(instant: datetime) -> str:
    """An instant as the column type UtcDateTime stores it."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
