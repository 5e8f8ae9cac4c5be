"""The mail providers' routes, over HTTP: what is let in is stored once, and nothing else is stored."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx

from app.core.db import Database
from app.core.errors import NotStored
from app.inbound.models import InboundEvent
from app.inbound.ports import Door
from app.integrations.mail.callbacks.desk import MailCallbacks
from app.integrations.stripe.door import stripe_door
from tests.inbound.conftest import Intake
from tests.inbound.factories import SECRET, counted, deliver, event_body
from tests.integrations.mail.callbacks.bodies import (
    CERTIFICATE_URL,
    LOGIN,
    RESEND_SECRET,
    TOPIC,
    basic,
    certificate,
    postmark,
    resend,
    resend_headers,
    ses_bounce,
    sns,
)

AT_SECONDS = datetime(2026, 4, 2, 9, 31, tzinfo=UTC).timestamp()
RESEND, POSTMARK, SES = (f"/webhooks/mail/{name}" for name in ("resend", "postmark", "ses"))


def all_doors() -> list[Door]:
    pages = {CERTIFICATE_URL: certificate()}
    desk = MailCallbacks([RESEND_SECRET], [LOGIN], [TOPIC], lambda url: pages[url])
    return [stripe_door([SECRET], expected_livemode=True), *desk.doors()]


def test_each_provider_is_stored_under_its_own_name_and_a_repetition_is_counted(
    database: Database, intake: Intake
) -> None:
    async def story() -> None:
        async with intake(doors=all_doors(), now_seconds=lambda: AT_SECONDS) as (app, client):
            body = resend()
            for answer in ({"stored": 1}, {"duplicate": True}):
                posts = [
                    await client.post(RESEND, content=body, headers=resend_headers(body)),
                    await client.post(POSTMARK, content=postmark(), headers=basic()),
                    await client.post(SES, content=sns(ses_bounce())),
                ]
                assert [p.json() for p in posts] == [answer] * 3
            assert (app.counters.stored, app.counters.duplicates) == (3, 3)

    asyncio.run(story())
    with database.read() as session:
        rows = {e.source: e for e in session.query(InboundEvent)}
        assert rows.keys() == {"resend", "postmark", "ses"}
        assert {(e.state, e.duplicates) for e in rows.values()} == {("received", 1)}
        assert rows["resend"].body == resend()
        assert rows["resend"].refs == " re_mail_1 "


def test_one_id_of_two_providers_is_two_events(database: Database, intake: Intake) -> None:
    async def story() -> None:
        async with intake(doors=all_doors()) as (_, client):
            body = resend()
            headers = resend_headers(body, id_="evt_1")
            both = [client.post(RESEND, content=body, headers=headers), deliver(client, event_body("evt_1"))]
            assert [(await post).json() for post in both] == [{"stored": 1}] * 2

    asyncio.run(story())
    assert counted(database) == (2, 0)


def test_what_is_forged_old_mangled_or_too_large_is_refused_and_not_stored(
    database: Database, intake: Intake
) -> None:
    async def refused(
        client: httpx.AsyncClient, path: str, body: bytes, headers: Any = None
    ) -> tuple[int, str]:
        answer = await client.post(path, content=body, headers=headers or {})
        return answer.status_code, answer.json()["code"]

    async def story() -> None:
        late = AT_SECONDS + 2 * 3600
        async with intake(doors=all_doors(), now_seconds=lambda: late) as (_, client):
            good, signed = resend(), resend_headers(resend())
            assert await refused(client, RESEND, good) == (400, "bad_signature")
            assert await refused(client, RESEND, good + b" ", signed) == (400, "bad_signature")
            assert await refused(client, RESEND, b"[]", resend_headers(b"[]")) == (400, "bad_event")
            assert await refused(client, POSTMARK, postmark(), basic("a:b")) == (400, "bad_signature")
            assert await refused(client, POSTMARK, b"{}", basic()) == (400, "bad_event")
            assert await refused(client, SES, sns(ses_bounce())) == (400, "bad_signature")
            assert await refused(client, SES, b"{}") == (400, "bad_event")
            for path in (RESEND, POSTMARK, SES):
                assert await refused(client, path, b"x" * 262_145) == (413, "body_too_large")
                assert (await client.get(path)).status_code == 405
            twice = [(b"authorization", v) for v in basic().values()] * 2
            assert (await client.post(POSTMARK, content=postmark(), headers=twice)).status_code == 400

    asyncio.run(story())
    assert counted(database) == (0, 0)


def test_a_provider_without_a_secret_is_asked_to_come_again(database: Database, intake: Intake) -> None:
    async def story() -> None:
        async with intake(doors=MailCallbacks().doors()) as (_, client):
            for path in (RESEND, POSTMARK, SES):
                answer = await client.post(path, content=postmark(), headers=basic())
                assert (answer.status_code, answer.json()["code"]) == (503, "not_configured")

    asyncio.run(story())
    assert counted(database) == (0, 0)


def test_a_certificate_that_cannot_be_read_is_a_503(database: Database, intake: Intake) -> None:
    def fetch(_: str) -> bytes:
        raise NotStored("no answer from Amazon SNS")

    async def story() -> None:
        doors = MailCallbacks(ses_topics=[TOPIC], fetch=fetch).doors()
        async with intake(doors=doors, now_seconds=lambda: AT_SECONDS) as (_, client):
            assert (await client.post(SES, content=sns(ses_bounce()))).status_code == 503

    asyncio.run(story())
    assert counted(database) == (0, 0)
