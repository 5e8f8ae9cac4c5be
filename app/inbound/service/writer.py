"""The queue between requests and commits."""

from __future__ import annotations

import asyncio
from collections import deque

import structlog
from sqlalchemy import make_url

from app.core.clock import Clock
from app.core.errors import NotStored
from app.inbound.ports import Envelope
from app.inbound.service.incoming import BatchStore, Incoming, Outcome
from app.inbound.service.postgres import PostgresStore
from app.inbound.service.sqlite import SqliteStore
from app.inbound.states import InboundState, Source

MAX_WAITING = 2_000
MAX_WAITING_BYTES = 64 * 1024 * 1024
MAX_BATCH = 256
MAX_BATCH_BYTES = 4 * 1024 * 1024
TIMEOUT_SECONDS = 5.0

log = structlog.get_logger("inbound")


def open_writer(database_url: str, clock: Clock) -> IntakeWriter:
    """A writer for either engine; it connects when the first event comes in."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        return IntakeWriter(SqliteStore(url.database or ":memory:"), clock)
    return IntakeWriter(PostgresStore(url.set(drivername="postgresql")), clock)


class IntakeWriter:
    """Stores events in groups: whatever waits when a commit ends goes into the next one.

    `store` returns after the commit, and raises NotStored when the queue is full or the database
    does not answer; the provider then delivers again, and the unique key absorbs what was stored
    nevertheless. One group at a time: with two under way each is half as large, and PostgreSQL does
    twice the work (measured: half the events a second).
    """

    def __init__(self, store: BatchStore, clock: Clock, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._store = store
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._waiting: deque[Incoming] = deque()
        self._waiting_bytes = 0
        self._idle: asyncio.Future[None] | None = None
        self._work: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        """Begin to store; a first event does the same, so that no lifespan is needed."""
        if self._work is None:
            self._stopping = False
            self._work = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Store what waits, then close the connection."""
        self._stopping = True
        self._wake()
        work, self._work = self._work, None
        if work is not None:
            await work
        await self._store.close()

    async def store(self, source: Source, envelope: Envelope, body: bytes, state: InboundState) -> Outcome:
        """Store one event; the outcome is known after its commit."""
        if self._stopping or len(self._waiting) >= MAX_WAITING or self._waiting_bytes >= MAX_WAITING_BYTES:
            raise NotStored("too many events wait for the database")
        if self._work is None:
            await self.start()
        incoming = Incoming(source, envelope, body, state, asyncio.get_running_loop().create_future())
        self._waiting.append(incoming)
        self._waiting_bytes += len(body)
        self._wake()
        return await incoming.answer

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            if self._waiting:
                await self._store_batch(self._take())
            elif self._stopping:
                return
            else:
                self._idle = loop.create_future()
                await self._idle
                # One turn of the loop, so that all requests that are already here share the commit.
                await asyncio.sleep(0)

    def _take(self) -> list[Incoming]:
        """The next group. A second event with a key already in it waits: it will be a duplicate."""
        batch: dict[tuple[str, str], Incoming] = {}
        postponed: list[Incoming] = []
        size = 0
        while self._waiting and len(batch) < MAX_BATCH and size < MAX_BATCH_BYTES:
            incoming = self._waiting.popleft()
            if incoming.key in batch:
                postponed.append(incoming)
                continue
            batch[incoming.key] = incoming
            size += len(incoming.body)
        self._waiting_bytes -= size
        self._waiting.extendleft(reversed(postponed))
        # In one order everywhere, or two writers with the same events would wait for each other.
        return [batch[key] for key in sorted(batch)]

    async def _store_batch(self, batch: list[Incoming]) -> None:
        task = asyncio.ensure_future(self._store.store(batch, self._clock()))
        done, _ = await asyncio.wait({task}, timeout=self._timeout_seconds)
        if not done:
            # Not awaited: giving up may take seconds, and the requests have waited long enough.
            task.add_done_callback(_forget)
            task.cancel()
            self._refuse(batch, TimeoutError())
            return
        error = task.exception()
        if error is None:
            self._answer(batch, task.result())
        elif isinstance(error, Exception) and len(batch) > 1 and self._store.may_be_one_event(error):
            for incoming in batch:
                await self._store_batch([incoming])
        else:
            self._refuse(batch, error)

    def _answer(self, batch: list[Incoming], outcomes: list[Outcome]) -> None:
        for incoming, outcome in zip(batch, outcomes, strict=True):
            if outcome is Outcome.AGAIN:
                self._waiting.appendleft(incoming)
                self._waiting_bytes += len(incoming.body)
            elif not incoming.answer.done():
                incoming.answer.set_result(outcome)

    def _refuse(self, batch: list[Incoming], error: BaseException) -> None:
        # Never the message: the driver puts values of the row into it.
        reason = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
        log.error("inbound.not_stored", events=len(batch), error=type(error).__name__, reason=reason)
        for incoming in batch:
            if not incoming.answer.done():
                incoming.answer.set_exception(NotStored("the database did not store the event"))

    def _wake(self) -> None:
        if self._idle is not None and not self._idle.done():
            self._idle.set_result(None)


def _forget(task: asyncio.Task[list[Outcome]]) -> None:
    if not task.cancelled():
        task.exception()
