"""Events from inside: live reads, the provider's list, outcomes of our own effects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.inbound.models import InboundEvent
from app.inbound.states import InboundState, Source

EVENTS: Table = InboundEvent.__table__  # type: ignore[assignment]
_KEY = ["event_id", "source"]
_INSERT = {
    "postgresql": postgresql.insert(EVENTS)
    .on_conflict_do_nothing(index_elements=_KEY)
    .returning(EVENTS.c.id),
    "sqlite": sqlite.insert(EVENTS).on_conflict_do_nothing(index_elements=_KEY).returning(EVENTS.c.id),
}


def store(
    session: Session,
    *,
    source: Source,
    event_id: str,
    type: str,
    created_at: datetime,
    now: datetime,
    body: bytes,
    api_version: str | None = None,
    livemode: bool | None = None,
    object_id: str | None = None,
    customer_id: str | None = None,
    refs: str = " ",
    state: InboundState = InboundState.RECEIVED,
) -> bool:
    """Store an event once, in the caller's transaction; False if this source told it before."""
    row = {
        "source": source.value,
        "event_id": event_id,
        "type": type,
        "api_version": api_version,
        "livemode": livemode,
        "object_id": object_id,
        "customer_id": customer_id,
        "refs": refs,
        "created_at": created_at,
        "received_at": now,
        "body": body,
        "state": state.value,
        "duplicates": 0,
        "attempts": 0,
        "next_at": now,
    }
    return session.execute(_INSERT[session.get_bind().dialect.name], row).scalar() is not None


def known(session: Session, event_ids: Sequence[str]) -> set[str]:
    """Which of these event ids any source has told: a backfill asks before it stores."""
    if not event_ids:
        return set()
    return set(session.scalars(select(InboundEvent.event_id).where(InboundEvent.event_id.in_(event_ids))))
