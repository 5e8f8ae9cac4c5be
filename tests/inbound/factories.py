"""Stored and delivered events for tests, made by plain functions."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
from sqlalchemy import func, select

from app.core.db import Database
from app.inbound.models import InboundConflict, InboundEvent
from app.inbound.repository import store
from app.inbound.states import Source
from app.integrations.stripe.signature import sign

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NOW_SECONDS = NOW.timestamp()
SECRET = b"whsec_test"
PATH = "/webhooks/stripe"

Asgi = Callable[[Any, Any, Any], Awaitable[None]]


def stored_event(db: Database, event_id: str, *, now: datetime = NOW, **fields: Any) -> None:
    """One received event; unnamed fields are a small paid invoice."""
    values: dict[str, Any] = {
        "source": Source.STRIPE,
        "type": "invoice.paid",
        "created_at": now,
        "body": b"{}",
        "refs": " ",
    }
    with db.write() as session:
        assert store(session, event_id=event_id, now=now, **{**values, **fields})


def state_of(db: Database, event_id: str) -> InboundEvent:
    """The row as it is now."""
    with db.read() as session:
        row = session.query(InboundEvent).filter_by(event_id=event_id).one()
        session.expunge(row)
    return row


def counted(db: Database) -> tuple[int, int]:
    """How many events and how many conflicts are stored."""
    with db.read() as session:
        return (
            session.scalars(select(func.count()).select_from(InboundEvent)).one(),
            session.scalars(select(func.count()).select_from(InboundConflict)).one(),
        )


def event_body(event_id: str = "evt_1", **fields: Any) -> bytes:
    """A delivery about a paid invoice of cus_1."""
    event = {
        "id": event_id,
        "object": "event",
        "type": "invoice.paid",
        "created": int(NOW_SECONDS) - 60,
        "livemode": True,
        "api_version": "2026-10-28.endive",
        "pending_webhooks": 1,
        "data": {"object": {"id": "in_1", "object": "invoice", "customer": "cus_1"}},
    }
    return json.dumps({**event, **fields}).encode()


async def deliver(
    client: httpx.AsyncClient, body: bytes, *, timestamp: float = NOW_SECONDS, secret: bytes = SECRET
) -> httpx.Response:
    """Post a signed body as the provider does."""
    signature = sign(body, secret, int(timestamp))
    return await client.post(PATH, content=body, headers={b"stripe-signature": signature})
