"""The webhook route on both engines: what is stored, what is refused, what the sender is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.core.db import Database
from tests.inbound.conftest import Intake, make_app, speaking_to
from tests.inbound.factories import (
    NOW,
    NOW_SECONDS,
    PATH,
    counted,
    deliver,
    event_body,
    state_of,
)


def _problem(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    return response.status_code, body["code"]


def test_a_delivery_is_stored_whole_before_it_is_answered(database: Database, intake: Intake) -> None:
    async def story() -> None:
        async with intake() as (app, client):
            body = event_body(note="\u0000 caf\u00e9")
            response = await deliver(client, body)
            assert (response.status_code, response.json()) == (200, {"stored": 1})
            row = state_of(database, "evt_1")
            assert row.body == body
            assert (row.state, row.source, row.type) == ("received", "stripe", "invoice.paid")
            assert (row.object_id, row.customer_id, row.refs) == ("in_1", "cus_1", " in_1 cus_1 ")
            assert (row.received_at, row.next_at, row.created_at) == (NOW, NOW, NOW - timedelta(minutes=1))
            assert (row.livemode, row.api_version) == (True, "2026-10-28.endive")
            assert (row.attempts, row.duplicates, row.claim_token) == (0, 0, None)
            assert (app.counters.received, app.counters.stored) == (1, 1)

    asyncio.run(story())


def test_thin_and_snapshot_events_share_the_route(database: Database, intake: Intake) -> None:
    async def story() -> None:
        async with intake() as (_, client):
            thin = event_body("evt_thin", object="v2.core.event", created="2026-11-21T12:00:00.125Z")
            assert (await deliver(client, thin)).status_code == 200
            assert (await deliver(client, event_body())).status_code == 200
        assert state_of(database, "evt_thin").created_at == NOW + timedelta(milliseconds=125)
        assert counted(database) == (2, 0)

    asyncio.run(story())


def test_a_duplicate_is_told_so_and_counted(database: Database, intake: Intake) -> None:
    async def story() -> None:
        async with intake() as (app, client):
            answers = [(await deliver(client, event_body())).json() for _ in range(5)]
            assert answers == [{"stored": 1}] + [{"duplicate": True}] * 4
            assert (app.counters.stored, app.counters.duplicates, app.counters.conflicts) == (1, 4, 0)
        assert counted(database) == (1, 0)
        assert state_of(database, "evt_1").duplicates == 4

    asyncio.run(story())


def test_deliveries_at_the_same_moment_are_each_stored_once(database: Database, intake: Intake) -> None:
    async def story() -> None:
        async with intake() as (app, client):
            bodies = [event_body(f"evt_{number}") for number in range(20)] * 5
            answers = await asyncio.gather(*(deliver(client, body) for body in bodies))
            assert {answer.status_code for answer in answers} == {200}
            assert (app.counters.stored, app.counters.duplicates) == (20, 80)
        assert counted(database) == (20, 0)
        assert [state_of(database, f"evt_{number}").duplicates for number in range(20)] == [4] * 20

    asyncio.run(story())


def test_two_web_processes_store_an_event_once(database: Database, intake: Intake) -> None:
    async def story() -> None:
        async with intake() as (one, client_one), intake() as (other, client_other):
            bodies = [event_body(f"evt_{number}") for number in range(100)]
            answers = await asyncio.gather(
                *(deliver(client, body) for body in bodies for client in (client_one, client_other))
            )
            assert {answer.status_code for answer in answers} == {200}
            assert one.counters.stored + other.counters.stored == 100
            assert one.counters.duplicates + other.counters.duplicates == 100
        assert counted(database) == (100, 0)

    asyncio.run(story())


def test_another_body_under_a_known_id_is_kept_aside_once(database: Database, intake: Intake) -> None:
    async def story() -> None:
        async with intake() as (app, client):
            await deliver(client, event_body())
            for _ in range(2):
                answer = await deliver(client, event_body(type="invoice.voided"))
                assert (answer.status_code, answer.json()) == (200, {"duplicate": True})
            assert app.counters.conflicts == 2
        assert state_of(database, "evt_1").type == "invoice.paid"
        assert counted(database) == (1, 1)

    asyncio.run(story())


def test_a_different_count_of_pending_webhooks_is_no_conflict(database: Database, intake: Intake) -> None:
    async def story() -> None:
        async with intake() as (app, client):
            await deliver(client, event_body(pending_webhooks=2))
            await deliver(client, event_body(pending_webhooks=1))
            await deliver(client, event_body().replace(b": ", b":"))
            assert (app.counters.duplicates, app.counters.conflicts) == (2, 0)
        assert counted(database) == (1, 0)

    asyncio.run(story())


@pytest.mark.parametrize(
    ("expected_livemode", "fields", "state"),
    [
        (True, {"livemode": True}, "received"),
        (True, {"livemode": False}, "ignored"),
        (False, {"livemode": True}, "ignored"),
        (True, {"livemode": None}, "ignored"),
        (None, {"livemode": False}, "received"),
        (True, {"account": "acct_1"}, "ignored"),
    ],
)
def test_events_of_another_mode_or_account_are_stored_as_ignored(
    database: Database, intake: Intake, expected_livemode: bool | None, fields: dict[str, Any], state: str
) -> None:
    async def story() -> None:
        async with intake(expected_livemode=expected_livemode) as (_, client):
            assert (await deliver(client, event_body(**fields))).status_code == 200
        assert state_of(database, "evt_1").state == state

    asyncio.run(story())


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


def test_secrets_roll_without_a_loss(database: Database, intake: Intake) -> None:
    async def story() -> None:
        async with intake(secrets=[b"whsec_new", b"whsec_old"]) as (_, client):
            for number, secret in enumerate([b"whsec_old", b"whsec_new"]):
                assert (await deliver(client, event_body(f"evt_{number}"), secret=secret)).status_code == 200
            assert (await deliver(client, event_body("evt_2"), secret=b"whsec_older")).status_code == 400
        assert counted(database) == (2, 0)

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
