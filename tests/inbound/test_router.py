"""The webhook route on both engines: what is stored, once, and in which state."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.core.db import Database
from tests.inbound.conftest import Intake
from tests.inbound.factories import (
    NOW,
    counted,
    deliver,
    event_body,
    state_of,
)


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


def test_secrets_roll_without_a_loss(database: Database, intake: Intake) -> None:
    async def story() -> None:
        async with intake(secrets=[b"whsec_new", b"whsec_old"]) as (_, client):
            for number, secret in enumerate([b"whsec_old", b"whsec_new"]):
                assert (await deliver(client, event_body(f"evt_{number}"), secret=secret)).status_code == 200
            assert (await deliver(client, event_body("evt_2"), secret=b"whsec_older")).status_code == 400
        assert counted(database) == (2, 0)

    asyncio.run(story())
