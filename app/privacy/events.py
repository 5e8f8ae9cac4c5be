"""Stored events that name a person: found by walking through the store in the order of its key.

They have no index by customer, as every delivery would pay for it and only a request of this kind asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import case, delete, func, select
from sqlalchemy.orm import Session

from app.core.db import Database
from app.inbound.models import InboundConflict, InboundEvent
from app.privacy.person import Person

PAGE = 1000


class Traces:
    """By what an event is known to be a person's."""

    def __init__(self, person: Person) -> None:
        self._ids = person.ids
        texts = {*person.ids, *person.holder.addresses}
        self._bytes = {t.lower().encode() for t in texts}
        self._bytes |= {msgspec.json.encode(t.lower())[1:-1] for t in texts}

    def in_event(self, row: Any) -> bool:
        """`body` is given where the columns name no customer."""
        named = {row.customer_id, row.object_id, *row.refs.split()}
        return (
            not self._ids.isdisjoint(named)
            or any(key in row.event_id for key in self._ids)
            or (row.body is not None and self.in_body(row.body))
        )

    def in_body(self, body: bytes) -> bool:
        lower = body.lower()
        return any(trace in lower for trace in self._bytes)


_NAMELESS_BODY = case((InboundEvent.customer_id.is_(None), InboundEvent.body)).label("body")


def event_pages(db: Database, traces: Traces, after: int = 0) -> Iterator[tuple[int, list[int]]]:
    """`(last id of the page, ids of the person's events in it)`; each page in a transaction of its own."""
    while True:
        with db.read() as session:
            last, found = page_of_events(session, traces, after)
        if last is None:
            return
        yield last, found
        after = last


def page_of_events(session: Session, traces: Traces, after: int) -> tuple[int | None, list[int]]:
    query = select(
        InboundEvent.id,
        InboundEvent.event_id,
        InboundEvent.customer_id,
        InboundEvent.object_id,
        InboundEvent.refs,
        _NAMELESS_BODY,
    )
    rows = session.execute(query.where(InboundEvent.id > after).order_by(InboundEvent.id).limit(PAGE)).all()
    return (rows[-1].id if rows else None), [row.id for row in rows if traces.in_event(row)]


def conflicts_of(session: Session, traces: Traces) -> list[int]:
    """Deliveries that were kept aside and name the person; few, as they should not happen at all."""
    found: list[int] = []
    after: int | None = 0
    while after is not None:
        query = select(InboundConflict.id, InboundConflict.body).where(InboundConflict.id > after)
        rows = session.execute(query.order_by(InboundConflict.id).limit(PAGE)).all()
        found += [row.id for row in rows if traces.in_body(row.body)]
        after = rows[-1].id if rows else None
    return found


def forget_events(session: Session, ids: list[int]) -> None:
    for start in range(0, len(ids), PAGE):
        session.execute(delete(InboundEvent.__table__).where(InboundEvent.id.in_(ids[start : start + PAGE])))  # type: ignore[arg-type]


def forget_conflicts(session: Session, ids: list[int]) -> None:
    if ids:
        session.execute(delete(InboundConflict.__table__).where(InboundConflict.id.in_(ids)))  # type: ignore[arg-type]


def newest_id(session: Session) -> int:
    return session.scalar(select(func.max(InboundEvent.id))) or 0
