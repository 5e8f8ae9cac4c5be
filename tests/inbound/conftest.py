"""Intake as it runs: the ASGI application on a database of the test, spoken to over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from app.core.db import Database
from app.inbound.router import IntakeApp
from app.integrations.stripe.door import stripe_door
from tests.inbound.factories import NOW, NOW_SECONDS, SECRET, Asgi

Intake = Callable[..., Any]


async def nothing_inside(scope: Any, receive: Any, send: Any) -> None:
    """The application behind intake: tells which path it was asked for."""
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": scope["path"].encode()})


def make_app(url: str, **options: Any) -> IntakeApp:
    settings: dict[str, Any] = {
        "database_url": url,
        "clock": lambda: NOW,
        "now_seconds": lambda: NOW_SECONDS,
    }
    secrets, livemode = options.pop("secrets", [SECRET]), options.pop("expected_livemode", True)
    doors = options.pop("doors", [stripe_door(secrets, expected_livemode=livemode)])
    return IntakeApp(nothing_inside, doors, **{**settings, **options})


@asynccontextmanager
async def speaking_to(app: IntakeApp, wrapped: Asgi | None = None) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(wrapped or app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
            yield client
    finally:
        await app.writer.stop()


@pytest.fixture
def intake(database: Database) -> Intake:
    """`async with intake(**options) as (app, client)`: see make_app."""

    @asynccontextmanager
    async def open_intake(**options: Any) -> AsyncIterator[tuple[IntakeApp, httpx.AsyncClient]]:
        url = database.url.render_as_string(hide_password=False)
        app = make_app(options.pop("url", url), **options)
        async with speaking_to(app) as client:
            yield app, client

    return open_intake
