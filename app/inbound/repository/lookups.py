"""Looking at stored events: what is open for a customer, what waits, what died."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal_column, or_, select
from sqlalchemy.orm import Session

from app.inbound.models import UNFINISHED, InboundEvent
from app.inbound.states import InboundState


@dataclass(frozen=True, slots=True)
class ListedEvent:
    """An event without its body. `claimed` only says that a token is on it; its lease may be over."""

    id: int
    source: str
    event_id: str
    type: str
    api_version: str | None
    livemode: bool | None
    object_id: str | None
    customer_id: str | None
    created_at: datetime
    received_at: datetime
    state: InboundState
    duplicates: int
    attempts: int
    next_at: datetime
    error: str | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is not finished. `oldest_received_at` is that of the longest waiting event, dead ones apart."""

    received: int
    dead: int
    oldest_received_at: datetime | None


_LISTED = (
    InboundEvent.id,
    InboundEvent.source,
    InboundEvent.event_id,
    InboundEvent.type,
    InboundEvent.api_version,
    InboundEvent.livemode,
    InboundEvent.object_id,
    InboundEvent.customer_id,
    InboundEvent.created_at,
    InboundEvent.received_at,
    InboundEvent.state,
    InboundEvent.duplicates,
    InboundEvent.attempts,
    InboundEvent.next_at,
    InboundEvent.error,
    InboundEvent.done_at,
)


def unfinished(
    session: Session, customer_id: str | None, refs: Sequence[str]
) -> list[tuple[int, InboundState, str]]:
    """(id, state, type) of received and dead events that name this customer, or, naming no customer
    at all, one of these provider ids. Oldest first."""
    mine: list[ColumnElement[bool]] = []
    if customer_id is not None:
        mine.append(InboundEvent.customer_id == customer_id)
    # A position, not LIKE: nothing to escape, and SQLite's LIKE takes in_A for in_a.
    position = func.instr if session.get_bind().dialect.name == "sqlite" else func.strpos
    wanted = dict.fromkeys([*([customer_id] if customer_id else []), *refs])
    named = [position(InboundEvent.refs, f" {ref} ") > 0 for ref in wanted]
    if named:
        mine.append(and_(InboundEvent.customer_id.is_(None), or_(*named)))
    if not mine:
        return []
    rows: list[Row[int, str, str]] = []
    for condition in mine:  # one index range each; an OR of the two makes SQLite read every open event
        query = select(InboundEvent.id, InboundEvent.state, InboundEvent.type).where(UNFINISHED, condition)
        rows += session.execute(query).all()
    return sorted((id_, InboundState(state), type_) for id_, state, type_ in rows)


def listing(
    session: Session,
    *,
    state: InboundState | None = None,
    type: str | None = None,
    since: datetime | None = None,
    limit: int = 50,
    before_id: int | None = None,
) -> list[ListedEvent]:
    """Events, newest first, without bodies; the last id is the next page's `before_id`."""
    query = select(*_LISTED).order_by(InboundEvent.id.desc()).limit(limit)
    if state is not None:
        query = _in_state(query, state)
    if type is not None:
        query = query.where(InboundEvent.type == type)
    if since is not None:
        query = query.where(InboundEvent.received_at >= since)
    if before_id is not None:
        query = query.where(InboundEvent.id < before_id)
    return [_listed(row) for row in session.execute(query)]


def get(session: Session, id_or_event_id: int | str) -> InboundEvent | None:
    """The whole stored event by our number or the provider's id; of several sources the oldest."""
    if isinstance(id_or_event_id, int):
        return session.get(InboundEvent, id_or_event_id)
    query = select(InboundEvent).where(InboundEvent.event_id == id_or_event_id)
    return session.scalars(query.order_by(InboundEvent.id).limit(1)).first()


def counts_by_state(session: Session) -> dict[InboundState, int]:
    """How many events are in each state. Reads the whole table: for a report, not for a scrape."""
    counts = dict.fromkeys(InboundState, 0)
    query = select(InboundEvent.state, func.count()).group_by(InboundEvent.state)
    counts.update({InboundState(state): number for state, number in session.execute(query)})
    return counts


def backlog(session: Session) -> Backlog:
    """Unfinished events, from the partial index only: cheap however many are done."""
    query = (
        select(InboundEvent.state, func.count(), func.min(InboundEvent.received_at))
        .where(UNFINISHED)
        .group_by(InboundEvent.state)
    )
    found = {state: (number, oldest) for state, number, oldest in session.execute(query)}
    received, oldest = found.get(InboundState.RECEIVED, (0, None))
    dead, _ = found.get(InboundState.DEAD, (0, None))
    return Backlog(received, dead, oldest)


def _in_state(query: Select[*tuple[Any, ...]], state: InboundState) -> Select[*tuple[Any, ...]]:
    """A literal, so that the partial index on unfinished events is used for the two rare states."""
    query = query.where(InboundEvent.state == literal_column(f"'{state.value}'"))
    if state in (InboundState.RECEIVED, InboundState.DEAD):
        query = query.where(UNFINISHED)
    return query


def _listed(row: Row[*tuple[Any, ...]]) -> ListedEvent:
    values = dict(row._mapping)
    values["state"] = InboundState(values["state"])
    return ListedEvent(**values)
