"""The webhook routes: a bare ASGI application in front of everything else.

Bare, because the framework's routing costs more than verifying, parsing and storing together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.clock import Clock, real_seconds
from app.core.errors import BadEvent, BadSignature, NotStored
from app.inbound import schemas
from app.inbound.ports import Admit, Door, Envelope
from app.inbound.service import Outcome, open_writer
from app.inbound.states import InboundState

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY_BYTES = 256 * 1024
BODY_TIMEOUT_SECONDS = 10.0


@dataclass(slots=True)
class IntakeCounters:
    """Since the start of this process. `received` counts every request on the path."""

    received: int = 0
    stored: int = 0
    duplicates: int = 0
    conflicts: int = 0
    bad_signature: int = 0
    bad_body: int = 0
    too_large: int = 0
    not_stored: int = 0


class IntakeApp:
    """Answers POST on the paths of its doors itself; every other request goes to `inner`.

    200 only after the commit. 400 forged or not an event, 405, 408 body too slow, 413 over 256 KiB,
    503 not stored, not to be checked now, or no secret configured: the provider delivers again.
    Events of the other live mode, or of another account, are stored as ignored.
    """

    def __init__(
        self,
        inner: Asgi,
        doors: Sequence[Door],
        *,
        database_url: str,
        clock: Clock,
        now_seconds: Callable[[], float] = real_seconds,
        body_timeout_seconds: float = BODY_TIMEOUT_SECONDS,
    ) -> None:
        self.counters = IntakeCounters()
        self.writer = open_writer(database_url, clock)
        self._inner = inner
        self._doors = {door.path: door for door in doors}
        self._now_seconds = now_seconds
        self._body_timeout_seconds = body_timeout_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = self._doors.get(scope["path"]) if scope["type"] == "http" else None
        if door is not None:
            status, headers, body = await self._answer(door, scope, receive)
            await send({"type": "http.response.start", "status": status, "headers": list(headers)})
            await send({"type": "http.response.body", "body": body})
        elif scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        else:
            await self._inner(scope, receive, send)

    async def _answer(self, door: Door, scope: Scope, receive: Receive) -> schemas.Response:
        counters = self.counters
        counters.received += 1
        if scope["method"] != "POST":
            return schemas.METHOD_NOT_ALLOWED
        if door.admit is None:
            return schemas.NOT_CONFIGURED
        try:
            envelope, body = await self._read(door, door.admit, scope, receive)
            outcome = await self.writer.store(door.source, envelope, body, _state(door, envelope))
        except BadSignature:
            counters.bad_signature += 1
            return schemas.BAD_SIGNATURE
        except BadEvent:
            counters.bad_body += 1
            return schemas.BAD_EVENT
        except NotStored:
            counters.not_stored += 1
            return schemas.NOT_STORED
        except _TooLarge:
            counters.too_large += 1
            return schemas.TOO_LARGE
        except TimeoutError:
            counters.bad_body += 1
            return schemas.TOO_SLOW
        except _Gone:
            return schemas.NOBODY
        if outcome is Outcome.STORED:
            counters.stored += 1
            return schemas.STORED
        counters.duplicates += 1
        if outcome is Outcome.CONFLICT:
            counters.conflicts += 1
        return schemas.DUPLICATE

    async def _read(self, door: Door, admit: Admit, scope: Scope, receive: Receive) -> tuple[Envelope, bytes]:
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in door.headers:
                if name in headers:
                    raise BadSignature("two signature headers")
                headers[name] = value
            elif name == b"content-length" and not _within_limit(value):
                raise _TooLarge
        async with asyncio.timeout(self._body_timeout_seconds):
            body = await _whole_body(receive)
        now = self._now_seconds()
        if door.waits:
            return await asyncio.to_thread(admit, headers, body, now), body
        return admit(headers, body, now), body

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_and_start() -> Message:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.writer.start()
            return message

        async def stop_and_send(message: Message) -> None:
            if message["type"] != "lifespan.startup.complete":
                await self.writer.stop()
            await send(message)

        await self._inner(scope, receive_and_start, stop_and_send)


def _state(door: Door, envelope: Envelope) -> InboundState:
    wrong_mode = door.expected_livemode is not None and envelope.livemode is not door.expected_livemode
    foreign = envelope.account is not None
    return InboundState.IGNORED if wrong_mode or foreign else InboundState.RECEIVED


class _TooLarge(Exception):
    pass


class _Gone(Exception):
    pass


def _within_limit(content_length: bytes) -> bool:
    # Seven digits: int() of a very long number is slow or an error of its own.
    return len(content_length) <= 7 and content_length.isdigit() and int(content_length) <= MAX_BODY_BYTES


async def _whole_body(receive: Receive) -> bytes:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise _Gone
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        parts = [body]
        size = len(body)
        while message.get("more_body"):
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > MAX_BODY_BYTES:
                raise _TooLarge
        body = b"".join(parts)
    if len(body) > MAX_BODY_BYTES:
        raise _TooLarge
    return body
