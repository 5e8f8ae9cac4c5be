"""What the webhook route refuses, and what the sender is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx

from app.core.db import Database
from tests.inbound.conftest import Intake, make_app, speaking_to
from tests.inbound.factories import NOW_SECONDS, PATH, counted, deliver, event_body


def _problem(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    return response.status_code, body["code"]


def test_a_captured_request_is_good_for_300_seconds(database: Database, intake: Intake) -> None:
    async def story() -> None:
        clock = [NOW_SECONDS]
        async with intake(now_seconds=lambda: clock[0]) as (app, client):
            body = event_body()
            assert (await deliver(client, body)).json() == {"stored": 1}
            clock[0] += 299
            assert (await deliver(client, body)).json() == {"duplicate": True}
            clock[0] += 2
            assert _problem(await deliver(client, body)) == (400, "bad_signature")
            assert app.counters.bad_signature == 1
        assert counted(database) == (1, 0)

    asyncio.run(story())


def test_without_a_secret_nothing_is_accepted(database: Database, intake: Intake) -> None:
    async def story() -> None:
        for secrets in ([], [b""]):
            async with intake(secrets=secrets) as (_, client):
                assert _problem(await deliver(client, event_body(), secret=b"")) == (503, "not_configured")
        assert counted(database) == (0, 0)

    asyncio.run(story())


def _without_database(story: Callable[[Any, httpx.AsyncClient], Any], **options: Any) -> None:
    async def told() -> None:
        app = make_app("postgresql+psycopg://nobody@127.0.0.1:1/none", **options)
        async with speaking_to(app) as client:
            await story(app, client)

    asyncio.run(told())


def test_only_post_is_accepted() -> None:
    async def story(app: Any, client: httpx.AsyncClient) -> None:
        for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS"):
            response = await client.request(method, PATH)
            assert _problem(response) == (405, "method_not_allowed")
            assert response.headers["allow"] == "POST"
        assert (await client.head(PATH)).status_code == 405
        assert app.counters.received == 6

    _without_database(story)


def test_every_other_path_goes_to_the_application_inside() -> None:
    async def story(_: Any, client: httpx.AsyncClient) -> None:
        for path in ("/", "/webhooks", PATH + "/", PATH + "/x"):
            response = await client.post(path)
            assert (response.status_code, response.text) == (299, path)

    _without_database(story)


def test_a_body_over_256_kib_is_refused_announced_or_not() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b"x" * 65_536

    async def story(app: Any, client: httpx.AsyncClient) -> None:
        assert _problem(await deliver(client, b"x" * 262_145)) == (413, "body_too_large")
        assert _problem(await client.post(PATH, content=chunks())) == (413, "body_too_large")
        for length in ("9" * 5000, "-1", "1e3"):
            response = await client.post(PATH, content=b"x", headers={"content-length": length})
            assert _problem(response) == (413, "body_too_large")
        assert _problem(await deliver(client, b"x" * 262_144)) == (400, "bad_event")
        assert app.counters.too_large == 5

    _without_database(story)


def test_a_body_that_does_not_come_in_time_is_given_up() -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)

    async def story(_: Any, client: httpx.AsyncClient) -> None:
        response = await client.post(PATH, content=slow())
        assert _problem(response) == (408, "body_too_slow")
        assert response.headers["connection"] == "close"

    _without_database(story, body_timeout_seconds=0.05)


def test_two_signature_headers_are_refused() -> None:
    async def story(_: Any, client: httpx.AsyncClient) -> None:
        headers = [(b"stripe-signature", b"t=1,v1=" + b"0" * 64)] * 2
        assert _problem(await client.post(PATH, content=b"{}", headers=headers)) == (400, "bad_signature")

    _without_database(story)


def test_a_sender_that_hangs_up_is_no_error() -> None:
    async def story(app: Any, _: httpx.AsyncClient) -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None: ...

        scope = {"type": "http", "path": PATH, "method": "POST", "headers": []}
        await app(scope, receive, send)

    _without_database(story)
