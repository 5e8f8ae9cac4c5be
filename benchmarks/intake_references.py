"""What intake is measured against: the same work with everything left out that can be left out.

Bare ASGI, no routing, no limits, no time-outs, no duplicate counter, no comparison of bodies: the
signature, the columns, the commit.
"""

from __future__ import annotations

import asyncio
import hmac
import sqlite3
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec

from app.core.clock import from_unix, real_now
from benchmarks.intake_bodies import SECRET

Asgi = Callable[[Any, Any, Any], Awaitable[None]]
Row = tuple[Any, ...]


class _Object(msgspec.Struct):
    id: str
    customer: str | None = None


class _Data(msgspec.Struct):
    object: _Object


class _Event(msgspec.Struct):
    id: str
    type: str
    created: int
    livemode: bool
    api_version: str
    data: _Data


_decode = msgspec.json.Decoder(_Event).decode
_START = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"12")]}
_BODY = {"type": "http.response.body", "body": b'{"stored":1}'}
_REFUSED = {"type": "http.response.start", "status": 400, "headers": [(b"content-length", b"12")]}


async def _verified_body(scope: Any, receive: Any) -> bytes | None:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message["body"]
        more = message.get("more_body", False)
    signature = dict(scope["headers"])[b"stripe-signature"]
    moment, _, given = signature[2:].partition(b",v1=")
    expected = hmac.digest(SECRET, moment + b"." + body, "sha256").hex().encode()
    return body if hmac.compare_digest(expected, given) else None


def _bare(store: Callable[[bytes], Awaitable[Any]], start: Callable[[], Awaitable[None]]) -> Asgi:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await start()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        body = await _verified_body(scope, receive)
        if body is None:
            await send(_REFUSED)
        else:
            await store(body)
            await send(_START)
        await send(_BODY)

    return app


def verify_only() -> Asgi:
    """The signature and nothing else: what the web server itself allows."""

    async def nothing(_body: bytes) -> None: ...

    async def start() -> None: ...

    return _bare(nothing, start)


class _GroupCommit:
    """asyncpg, one connection, one prepared INSERT of arrays a group."""

    def __init__(self, dsn: str, sql: str, row: Callable[[bytes], Row]) -> None:
        self._dsn, self._sql, self._row = dsn, sql, row
        self._waiting: list[tuple[Row, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()

    async def start(self) -> None:
        connection = await asyncpg.connect(self._dsn)
        self._insert = await connection.prepare(self._sql)
        self._task = asyncio.create_task(self._run())

    async def store(self, body: bytes) -> None:
        answer = asyncio.get_running_loop().create_future()
        self._waiting.append((self._row(body), answer))
        self._wake.set()
        await answer

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._waiting = self._waiting, []
            if batch:
                await self._insert.fetch(*zip(*(row for row, _ in batch), strict=True))
                for _, answer in batch:
                    answer.set_result(None)


def _columns(body: bytes) -> Row:
    event = _decode(body)
    found = event.data.object
    now = real_now()
    refs = f" {found.id} {found.customer} "
    return (
        event.id,
        event.type,
        event.api_version,
        event.livemode,
        found.id,
        found.customer,
        refs,
        from_unix(event.created),
        now,
        body,
        now,
    )


_SAME_COLUMNS = """
insert into inbound_events (source, event_id, type, api_version, livemode, object_id, customer_id, refs,
    created_at, received_at, body, state, duplicates, attempts, next_at)
select 'stripe', a, b, c, d, e, f, g, h, i, j, 'received', 0, 0, k
from unnest($1::text[], $2::text[], $3::text[], $4::bool[], $5::text[], $6::text[], $7::text[],
    $8::timestamptz[], $9::timestamptz[], $10::bytea[], $11::timestamptz[])
    as x(a, b, c, d, e, f, g, h, i, j, k)
on conflict (event_id, source) do nothing returning event_id"""

_THREE_COLUMNS = """
insert into bench_three (event_id, received_at, body)
select * from unnest($1::text[], $2::timestamptz[], $3::bytea[])
on conflict (event_id) do nothing returning event_id"""


def group_commit(dsn: str) -> Asgi:
    """The same columns and indexes as ours."""
    writer = _GroupCommit(dsn, _SAME_COLUMNS, _columns)
    return _bare(writer.store, writer.start)


def three_columns(dsn: str) -> Asgi:
    """Id, time and body, one unique key."""
    writer = _GroupCommit(dsn, _THREE_COLUMNS, lambda body: (_decode(body).id, real_now(), body))
    return _bare(writer.store, writer.start)


def sqlite_insert(path: str) -> Asgi:
    """One INSERT and commit a request on SQLite, in the event loop's thread, synchronous=FULL."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")

    def text(instant: datetime) -> str:
        return instant.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")

    async def store(body: bytes) -> None:
        row = list(_columns(body))
        row[7], row[8], row[10] = text(row[7]), text(row[8]), text(row[10])
        connection.execute(
            "insert into inbound_events (source, event_id, type, api_version, livemode, object_id,"
            " customer_id, refs, created_at, received_at, body, next_at, state, duplicates, attempts)"
            " values ('stripe', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'received', 0, 0) on conflict do nothing",
            row,
        )

    async def start() -> None: ...

    return _bare(store, start)
