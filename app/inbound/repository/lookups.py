"""Looking at stored events: what is open for a customer, what waits, what died."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, literal_column, select
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


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An event that is still to be processed, or could not be."""

    id: int
    state: InboundState
    type: str


# Two index ranges, as an OR of the two makes SQLite read every open event. Events without a customer are
# few among the open ones, and reading their ids here beats searching a text for each.
_OPEN_EVENT = select(
    InboundEvent.id, InboundEvent.state, InboundEvent.type, InboundEvent.customer_id, InboundEvent.refs
).where(UNFINISHED)
_NAMING = _OPEN_EVENT.where(InboundEvent.customer_id.in_(bindparam("customers", expanding=True)))
_NAMELESS = _OPEN_EVENT.where(InboundEvent.customer_id.is_(None))

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


def unfinished(session: Session, refs_of: Mapping[str, Collection[str]]) -> dict[str, list[Unfinished]]:
    """Received and dead events that name one of these customers, or, naming no customer at all, one of
    the provider ids that are known to be theirs. By customer, oldest first."""
    found: dict[str, list[Unfinished]] = {customer_id: [] for customer_id in refs_of}
    if not found:
        return found
    rows = session.connection().execute(_NAMING, {"customers": sorted(found)})
    for row in rows:
        found[row.customer_id].append(Unfinished(row.id, InboundState(row.state), row.type))
    owners = {ref: customer_id for customer_id, refs in refs_of.items() for ref in (customer_id, *refs)}
    for row in session.connection().execute(_NAMELESS):
        for customer_id in {owners[ref] for ref in row.refs.split() if ref in owners}:
            found[customer_id].append(Unfinished(row.id, InboundState(row.state), row.type))
    return {customer_id: sorted(events, key=lambda e: e.id) for customer_id, events in found.items()}


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
