"""Queries on endpoints and messages, and the claims of messages: compare-and-set, a lease, a fencing token."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, Table, bindparam, case, exists, func, or_, outerjoin, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.core.db import UtcDateTime
from app.core.ids import new_token
from app.core.waiting import REAL_NOW, waiting
from app.hooks.models import WAITING, HookEndpoint, HookMessage
from app.hooks.states import EndpointKind, HookState
from app.inbound import repository as inbound
from app.inbound.states import Source

CLAIMABLE = ("queued", "retry")
LEASE = timedelta(seconds=60)

MESSAGES: Table = HookMessage.__table__  # type: ignore[assignment]
_KEY = ["endpoint_id", "key"]
_INSERT = {
    "postgresql": postgresql.insert(MESSAGES).on_conflict_do_nothing(index_elements=_KEY).returning(MESSAGES.c.id),
    "sqlite": sqlite.insert(MESSAGES).on_conflict_do_nothing(index_elements=_KEY).returning(MESSAGES.c.id),
}  # fmt: skip

# Built once: building them takes longer than running them, and an idle worker asks all the time.
_E, _M = HookEndpoint.__table__.c, MESSAGES.c
_ENABLED = select(_E.id, _E.events).where(_E.enabled, _E.kind == bindparam("kind")).order_by(_E.id)
_WAITS = (WAITING, _M.state.in_(CLAIMABLE))
_RESTED = or_(_E.resting_until.is_(None), _E.resting_until <= bindparam("now"))
_DUE = (
    select(_M.id, _M.endpoint_id)
    .outerjoin(HookEndpoint.__table__, _E.id == _M.endpoint_id)
    .where(*_WAITS, _M.due_at <= bindparam("now"), _RESTED)
    .order_by(_M.due_at, _M.id)
    .limit(bindparam("limit"))
)
LOST = exists(select(_M.id).where(WAITING, _M.state == "sending", _M.leased_until < REAL_NOW))
"""Whether a worker seems to have died on the way with a message."""
# A message is ready when it is due and its endpoint has rested.
_READY = func.coalesce(case((_E.resting_until > _M.due_at, _E.resting_until)), _M.due_at, type_=UtcDateTime())
READY = waiting(_READY, *_WAITS, source=outerjoin(MESSAGES, HookEndpoint.__table__, _E.id == _M.endpoint_id))


def wanting(session: Session, kind: EndpointKind = EndpointKind.STANDARD) -> Sequence[tuple[str, list[str]]]:
    """The enabled endpoints of a kind and the types that each wants; an empty list wants all."""
    rows = session.connection().execute(_ENABLED, {"kind": kind.value})
    return [(row.id, row.events) for row in rows]


def add_message(session: Session, **values: Any) -> bool:
    """Put a message down; False if this endpoint was told under this key before."""
    row = {"state": HookState.QUEUED.value, "attempts": 0, **values}
    return session.execute(_INSERT[session.get_bind().dialect.name], row).scalar() is not None


def due(session: Session, now: datetime, limit: int) -> list[tuple[str, str]]:
    """(message, endpoint) of what may be delivered now, longest due first."""
    rows = session.connection().execute(_DUE, {"now": now, "limit": limit})
    return [(row.id, row.endpoint_id) for row in rows]


def expired(session: Session, real_now: datetime) -> list[HookMessage]:
    query = select(HookMessage).where(
        WAITING, HookMessage.state == "sending", HookMessage.leased_until < real_now
    )
    return list(session.scalars(query.with_for_update(skip_locked=True)))


def claim(
    session: Session, message_id: str, *, now: datetime, real_now: datetime, lease: timedelta = LEASE
) -> HookMessage | None:
    """Take one message for this worker; None if another has it or it is no longer due."""
    statement = (
        update(HookMessage)
        .where(
            HookMessage.id == message_id, HookMessage.state.in_(CLAIMABLE), HookMessage.due_at <= now
        )
        .values(
            state="sending",
            token=new_token(),
            leased_until=real_now + lease,
            attempts=HookMessage.attempts + 1,
        )
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    if not cast(CursorResult[Any], session.execute(statement)).rowcount:
        return None
    return session.scalars(select(HookMessage).where(HookMessage.id == message_id)).one()


def settle(session: Session, message: HookMessage, **values: Any) -> bool:
    """Write what became of a message, unless its claim is another's by now."""
    statement = (
        update(HookMessage)
        .where(
            HookMessage.id == message.id, HookMessage.token == message.token, HookMessage.state == "sending"
        )
        .values(token=None, leased_until=None, **values)
        .execution_options(synchronize_session=False)
    )
    return bool(cast(CursorResult[Any], session.execute(statement)).rowcount)


def waiting_of(session: Session, endpoint_id: str) -> list[HookMessage]:
    """Messages of an endpoint that are still to leave."""
    query = select(HookMessage).where(
        WAITING, HookMessage.state.in_(CLAIMABLE), HookMessage.endpoint_id == endpoint_id
    )
    return list(session.scalars(query.order_by(HookMessage.id).with_for_update(skip_locked=True)))


def waiting_about(session: Session, customer_id: str) -> list[HookMessage]:
    """Messages about a customer that are still to leave or on the wire."""
    query = select(HookMessage).where(WAITING, HookMessage.customer_id == customer_id)
    return list(session.scalars(query.order_by(HookMessage.id).with_for_update()))


def lock_siblings(session: Session, message: HookMessage) -> list[HookMessage]:
    """All messages of the same announcement, in one order for everybody who settles one of them."""
    query = select(HookMessage).where(
        HookMessage.customer_id == message.customer_id, HookMessage.key == message.key
    )
    return list(session.scalars(query.order_by(HookMessage.id).with_for_update()))


def endpoints(session: Session) -> list[HookEndpoint]:
    return list(session.scalars(select(HookEndpoint).order_by(HookEndpoint.created_at, HookEndpoint.id)))


def messages(session: Session, *, endpoint_id: str | None = None, limit: int = 50) -> list[HookMessage]:
    """The newest messages."""
    query = select(HookMessage).order_by(HookMessage.id.desc()).limit(limit)
    if endpoint_id is not None:
        query = query.where(HookMessage.endpoint_id == endpoint_id)
    return list(session.scalars(query))


def report(
    session: Session,
    *,
    message_id: str,
    event_id: str,
    type: str,
    body: bytes,
    customer_id: str | None,
    now: datetime,
) -> None:
    """Put what became of a message into the inbound store, in the transaction that settles it."""
    inbound.store(
        session,
        source=Source.OUTBOX,
        event_id=event_id,
        type=type,
        created_at=now,
        now=now,
        body=body,
        object_id=message_id,
        customer_id=customer_id,
    )
