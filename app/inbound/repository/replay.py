"""Replay: finished or dead events are worked on again, as if they had just come in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CursorResult, and_, func, or_, update
from sqlalchemy.orm import Session

from app.core.errors import InvalidInput
from app.inbound.models import InboundEvent
from app.inbound.states import InboundState


def replay(
    session: Session,
    *,
    now: datetime,
    ids: Sequence[int] | None = None,
    state: InboundState | None = None,
    type: str | None = None,
    since: datetime | None = None,
) -> int:
    """Make matching events received again with no attempts used; returns how many. Twice is once.

    `state=DEAD` replays the dead ones. Without a state: done, dead, and those that rest after a
    failure. Ignored events only by `state=IGNORED`, since they belong to another mode or account. An event
    whose body is gone cannot be replayed.
    """
    if ids is None and state is None and type is None and since is None:
        raise InvalidInput("replay needs at least one of ids, state, type, since")
    resting = and_(InboundEvent.state == InboundState.RECEIVED.value, InboundEvent.attempts > 0)
    ended = InboundEvent.state.in_([InboundState.DONE.value, InboundState.DEAD.value])
    if state is None:
        conditions = [or_(ended, resting)]
    else:
        conditions = [resting if state is InboundState.RECEIVED else InboundEvent.state == state.value]
    conditions.append(func.length(InboundEvent.body) > 0)
    if ids is not None:
        conditions.append(InboundEvent.id.in_(ids))
    if type is not None:
        conditions.append(InboundEvent.type == type)
    if since is not None:
        conditions.append(InboundEvent.received_at >= since)
    statement = (
        update(InboundEvent.__table__)  # type: ignore[arg-type]
        .where(*conditions)
        .values(
            state=InboundState.RECEIVED.value,
            attempts=0,
            next_at=now,
            error=None,
            done_at=None,
            claim_token=None,
            claimed_until=None,
        )
    )
    result = session.execute(statement)
    assert isinstance(result, CursorResult)
    return result.rowcount
