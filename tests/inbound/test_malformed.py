"""Malformed webhooks, by the thousand: only 4xx, nothing stored, and the route still works afterwards."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator

import pytest

from app.core.db import Database
from app.integrations.stripe.signature import sign
from tests.inbound.conftest import Intake
from tests.inbound.factories import NOW_SECONDS, PATH, SECRET, counted, deliver, event_body
from tests.integrations.stripe.test_envelope import MALFORMED

NUMBER = 5_000


def _mangled_header(chance: random.Random, good: bytes) -> bytes:
    kind = chance.randrange(7)
    if kind == 0:
        return b""
    if kind == 1:
        return good[: chance.randrange(len(good))]
    if kind == 2:
        return chance.randbytes(chance.randrange(200)).replace(b"\r", b"").replace(b"\n", b"")
    if kind == 3:
        return good.replace(b"v1=", "v1=\u00e9".encode())
    if kind == 4:
        return good.replace(b"t=", b"t=" + str(chance.randrange(10**12)).encode())
    position = chance.randrange(len(good))
    other = bytes([(good[position] + chance.randrange(1, 255)) % 256 or 1])
    return good[:position] + other.replace(b"\r", b"x").replace(b"\n", b"x") + good[position + 1 :]


def _mangled_body(chance: random.Random) -> bytes:
    good = event_body(f"evt_{chance.randrange(10**9)}")
    kind = chance.randrange(4)
    if kind == 0:
        return chance.choice(MALFORMED)
    if kind == 1:
        return good[: chance.randrange(len(good))]
    if kind == 2:
        return chance.randbytes(chance.randrange(400))
    position = chance.randrange(len(good))
    return good[:position] + bytes([chance.choice(b"\x00\x01\x80\xff\xc0{}[]")]) + good[position:]


def _malformed(number: int) -> Iterator[tuple[bytes, bytes]]:
    """(signature header, body); a third with a good signature over a broken body."""
    chance = random.Random(20261121)
    for position in range(number):
        if position % 3 == 0:
            body = _mangled_body(chance)
            # A stray character inside a string can leave a body that is an event; not this test's matter.
            body = body.replace(b'"object": "event"', b'"object": "evenT"')
            yield sign(body, SECRET, int(NOW_SECONDS)), body
        else:
            body = event_body(f"evt_{position}")
            header = _mangled_header(chance, sign(body, SECRET, int(NOW_SECONDS)))
            yield header, body + chance.choice([b" ", b"\n", b"x"])


@pytest.mark.parametrize("most", [NUMBER // 5, pytest.param(NUMBER, marks=pytest.mark.slow)])
def test_malformed_webhooks_are_refused_and_leave_nothing(
    database: Database, intake: Intake, most: int
) -> None:
    number = most if database.is_sqlite else most // 10  # none gets as far as the database

    async def story() -> None:
        statuses: Counter[int] = Counter()
        async with intake() as (app, client):
            for header, body in _malformed(number):
                response = await client.post(PATH, content=body, headers={b"stripe-signature": header})
                statuses[response.status_code] += 1
            assert set(statuses) <= {400, 413}  # some bodies are also too large
            assert app.counters.bad_signature > number / 2
            assert app.counters.bad_body > number / 4
            assert counted(database) == (0, 0)
            assert (await deliver(client, event_body())).json() == {"stored": 1}

    asyncio.run(story())
