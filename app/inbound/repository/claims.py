"""Claims: who works on which event. A lease in real time of the database, fenced by a token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Boolean, CursorResult, Row, TextualSelect, text, update
from sqlalchemy.orm import Session

from app.core.db import Database, UtcDateTime
from app.core.ids import new_token
from app.core.waiting import Waiting, waiting
from app.inbound.models import InboundEvent
from app.inbound.rules import is_dead, retry_delay
from app.inbound.states import InboundState

# Real time in the form in which each engine stores it; SQLite's own has three decimals, ours six.
POSTGRES_NOW = "clock_timestamp()"
SQLITE_NOW = "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'"
ERROR_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class ClaimedEvent:
    id: int
    source: str
    event_id: str
    type: str
    api_version: str | None
    livemode: bool | None
    object_id: str | None
    customer_id: str | None
    refs: str
    created_at: datetime
    received_at: datetime
    attempts: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """Events that are ours until the lease ends; `token` settles them. Oldest id first."""

    token: str
    events: list[ClaimedEvent]


_COLUMNS = (
    "id, source, event_id, type, api_version, livemode, object_id, customer_id, refs, "
    "created_at, received_at, attempts, body"
)


def _typed(sql: str) -> TextualSelect:
    return text(sql).columns(created_at=UtcDateTime(), received_at=UtcDateTime(), livemode=Boolean())


# The literal state lets a prepared plan use the partial index. The CTE is executed once whatever the
# plan (a plain IN may be executed again and then locks more rows than asked).
_CLAIM_POSTGRES = _typed(f"""
    with due as materialized (
        select id as due_id from inbound_events
        where state = 'received' and next_at <= :now
          and (claimed_until is null or claimed_until < {POSTGRES_NOW})
        order by next_at, id limit :limit for update skip locked)
    update inbound_events
    set claim_token = :token, claimed_until = {POSTGRES_NOW} + make_interval(secs => :lease_seconds)
    from due where id = due_id
    returning {_COLUMNS}""")  # noqa: S608 - constants only

# One statement inside BEGIN IMMEDIATE: SQLite has one writer, so nothing need be skipped.
_CLAIM_SQLITE = _typed(f"""
    update inbound_events
    set claim_token = :token,
        claimed_until = strftime('%Y-%m-%d %H:%M:%f', 'now', :lease_seconds || ' seconds') || '000'
    where id in (
        select id from inbound_events
        where state = 'received' and next_at <= :now
          and (claimed_until is null or claimed_until < {SQLITE_NOW})
        order by next_at, id limit :limit)
    returning {_COLUMNS}""")  # noqa: S608 - constants only


def waiting_events(is_sqlite: bool) -> Waiting:
    """Events that nobody works on; those that another worker holds do not count, or an idle worker would spin."""
    row, now = InboundEvent.__table__.c, SQLITE_NOW if is_sqlite else POSTGRES_NOW
    return waiting(
        row.next_at, text(f"state = 'received' and (claimed_until is null or claimed_until < {now})")
    )


def claim(db: Database, *, now: datetime, limit: int = 200, lease_seconds: float = 60) -> Claim:
    """Take up to `limit` due events for `lease_seconds`, in a transaction of its own.

    Due is business time (`now`), the lease is the database's real time. Two claims never share an
    event unless the first one's lease has ended; then the first one's token settles nothing.
    """
    token = new_token()
    statement = _CLAIM_SQLITE if db.is_sqlite else _CLAIM_POSTGRES
    due = _stored_form(now) if db.is_sqlite else now
    with db.write() as session:
        rows = session.execute(
            statement, {"now": due, "limit": limit, "token": token, "lease_seconds": lease_seconds}
        ).all()
    return Claim(token, sorted((_event(row) for row in rows), key=lambda event: event.id))


def settle(
    session: Session,
    claim_token: str,
    ids: Sequence[int],
    *,
    now: datetime,
    state: InboundState = InboundState.DONE,
) -> int:
    """End the work on claimed events, in the caller's transaction. Returns how many were still ours.

    Fewer than `ids` means that the lease ended and another worker has them: roll back.
    """
    if not ids:
        return 0
    statement = (
        update(InboundEvent.__table__)  # type: ignore[arg-type]
        .where(InboundEvent.id.in_(ids), InboundEvent.claim_token == claim_token)
        .values(state=state.value, done_at=now, claim_token=None, claimed_until=None, error=None)
    )
    return _count(session.execute(statement))


def push_back(
    session: Session, event: ClaimedEvent, token: str, error: str, *, now: datetime, jitter: float
) -> InboundState | None:
    """Note a failure and let the event rest (`rules.retry_delay`); the tenth one makes it dead.

    Returns the new state, or None if the claim was no longer ours and nothing was written.
    """
    attempts = event.attempts + 1
    dead = is_dead(attempts)
    state = InboundState.DEAD if dead else InboundState.RECEIVED
    statement = (
        update(InboundEvent.__table__)  # type: ignore[arg-type]
        .where(InboundEvent.id == event.id, InboundEvent.claim_token == token)
        .values(
            state=state.value,
            attempts=attempts,
            next_at=now if dead else now + retry_delay(attempts, jitter),
            error=error.replace("\x00", "\ufffd")[:ERROR_LENGTH],
            claim_token=None,
            claimed_until=None,
        )
    )
    return state if _count(session.execute(statement)) else None


def release(session: Session, token: str) -> int:
    """Give back what a claim has not worked on, as it was: a worker that stops calls this."""
    statement = (
        update(InboundEvent.__table__)  # type: ignore[arg-type]
        .where(text("state = 'received'"), InboundEvent.claim_token == token)
        .values(claim_token=None, claimed_until=None)
    )
    return _count(session.execute(statement))


def _event(row: Row[*tuple[Any, ...]]) -> ClaimedEvent:
    return ClaimedEvent(*row)  # in the order of _COLUMNS


def _stored_form(instant: datetime) -> str:
    """An instant as the column type stores it on SQLite, for comparison in raw SQL."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _count(result: object) -> int:
    assert isinstance(result, CursorResult)
    return result.rowcount
