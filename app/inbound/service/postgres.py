"""Storing a batch on PostgreSQL: one statement, one round trip, one commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from sqlalchemy import URL

from app.inbound.rules import same_event
from app.inbound.service.incoming import Incoming, Outcome

# The batch travels as one block of bytes and one JSON array: arrays of bytea cost several times as much.
# `old` sees the table as it was before `fresh`, so it holds exactly the known events. Its lateral
# subquery is a look-up by the unique key whatever the planner thinks of an empty table, and a row
# that a worker has locked keeps its counter rather than making every sender wait.
_STORE = """
with given as materialized (
    select * from json_to_recordset(%(rows)s::json) as given(
        event_id text, source text, type text, api_version text, livemode boolean, object_id text, customer_id text,
        refs text, created double precision, state text, start integer, length integer)
), fresh as (
    insert into inbound_events (source, event_id, type, api_version, livemode, object_id, customer_id,
        refs, created_at, received_at, body, state, duplicates, attempts, next_at)
    select source, event_id, type, api_version, livemode, object_id, customer_id, refs,
        to_timestamp(created), %(now)s, substr(%(bodies)s::bytea, start, length), state, 0, 0, %(now)s
    from given
    on conflict (event_id, source) do nothing
    returning event_id, source
), old as materialized (
    select given.event_id, given.source, known.id,
        case when known.body <> substr(%(bodies)s::bytea, start, length) then known.body end as other_body
    from given cross join lateral (
        select id, body from inbound_events as stored
        where stored.event_id = given.event_id and stored.source = given.source offset 0) as known
), counted as (
    update inbound_events set duplicates = duplicates + 1
    where id = any(array(
        select id from inbound_events where id = any(array(select id from old)) for update skip locked))
)
select event_id, source, true, null::bytea from fresh
union all select event_id, source, false, other_body from old"""

_KEEP_ASIDE = """
insert into inbound_conflicts (source, event_id, received_at, body)
select new.* from (values (%(source)s::text, %(event_id)s::text, %(now)s::timestamptz, %(body)s::bytea))
    as new (source, event_id, received_at, body)
where not exists (select from inbound_conflicts as kept
    where kept.source = new.source and kept.event_id = new.event_id and kept.body = new.body)"""

# Nested loops by index are right for a handful of keys; a plan made for an empty table must not stay
# a scan when the table has grown.
_OPTIONS = (
    "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off "
    "-c plan_cache_mode=force_generic_plan "
    "-c statement_timeout=5000 -c lock_timeout=4000 -c idle_in_transaction_session_timeout=10000"
)

_encode = msgspec.json.Encoder().encode


class PostgresStore:
    """A connection of its own, opened when needed and thrown away after any error."""

    def __init__(self, url: URL) -> None:
        self._conninfo = url.render_as_string(hide_password=False)
        self._connection: psycopg.AsyncConnection[Any] | None = None

    async def store(self, batch: Sequence[Incoming], now: datetime) -> list[Outcome]:
        """Store a batch; a connection that broke while idle is replaced once without a word."""
        kept = self._connection
        try:
            return await self._store(batch, now)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            if kept is None:
                raise
            return await self._store(batch, now)

    def may_be_one_event(self, error: Exception) -> bool:
        return isinstance(error, psycopg.Error) and not isinstance(
            error, psycopg.OperationalError | psycopg.InterfaceError
        )

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _store(self, batch: Sequence[Incoming], now: datetime) -> list[Outcome]:
        connection, self._connection = self._connection, None
        if connection is None:
            connection = await self._connect()
        try:
            outcomes = await _store_on(connection, batch, now)
        except BaseException:
            await connection.close()
            raise
        self._connection = connection
        return outcomes

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(
            self._conninfo,
            autocommit=True,
            prepare_threshold=0,
            connect_timeout=3,
            keepalives_idle=10,
            tcp_user_timeout=5000,
            options=_OPTIONS,
        )


async def _store_on(
    connection: psycopg.AsyncConnection[Any], batch: Sequence[Incoming], now: datetime
) -> list[Outcome]:
    rows = []
    start = 1
    for incoming in batch:
        rows.append(_row(incoming, start))
        start += len(incoming.body)
    parameters = {
        "rows": _encode(rows).decode(),
        "bodies": b"".join([incoming.body for incoming in batch]),
        "now": now,
    }
    cursor = await connection.execute(_STORE, parameters, binary=True)
    told = {(i, source): (fresh, other) for i, source, fresh, other in await cursor.fetchall()}
    outcomes = []
    for incoming in batch:
        fresh, other = told.get(incoming.key, (None, None))
        if fresh:
            outcomes.append(Outcome.STORED)
        elif fresh is None:
            outcomes.append(Outcome.AGAIN)
        elif other is None or same_event(other, incoming.body):
            outcomes.append(Outcome.DUPLICATE)
        else:
            event_id, source = incoming.key
            values = {"source": source, "event_id": event_id, "now": now, "body": incoming.body}
            await connection.execute(_KEEP_ASIDE, values)
            outcomes.append(Outcome.CONFLICT)
    return outcomes


def _row(incoming: Incoming, start: int) -> dict[str, Any]:
    envelope = incoming.envelope
    return {
        "event_id": envelope.id,
        "source": incoming.source.value,
        "type": envelope.type,
        "api_version": envelope.api_version,
        "livemode": envelope.livemode,
        "object_id": envelope.object_id,
        "customer_id": envelope.customer_id,
        "refs": envelope.refs,
        "created": envelope.created.timestamp(),
        "state": incoming.state.value,
        "start": start,
        "length": len(incoming.body),
    }
