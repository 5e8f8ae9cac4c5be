"""The page of stored events, and replaying one. Bodies are not shown: they hold personal data."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from app.core.errors import Conflict, NotFound
from app.inbound import repository as inbound
from app.inbound.states import InboundState
from app.ops.forms import sent_by_operator
from app.ops.pages import PageRoute, render, see
from app.ops.ports import At
from app.ops.session import Visitor, visitor

router = APIRouter(prefix="/ops/events", route_class=PageRoute, include_in_schema=False)
PAGE = 50
LARGEST_ID = 2**63 - 1
Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]


@router.get("")
def list_events(
    place: At,
    who: Annotated[Visitor, Depends(visitor)],
    state: Annotated[InboundState | None, Query()] = None,
    before: Annotated[int | None, Query(ge=1, le=LARGEST_ID)] = None,
) -> Response:
    """Stored events, newest first."""
    with place.db.read() as session:
        found = inbound.listing(session, state=state, limit=PAGE + 1, before_id=before)
        return render(
            place,
            "events.html",
            who,
            events=found[:PAGE],
            next_before=found[PAGE - 1].id if len(found) > PAGE else None,
            paging=before is not None,
            state=state,
            states=list(InboundState),
        )


@router.post("/{event_id}/replay")
def replay_event(place: At, _: Annotated[Visitor, Depends(sent_by_operator)], event_id: Id) -> Response:
    """Let an event be worked on again."""
    now = place.clock()
    with place.db.write() as session:
        event = inbound.get(session, event_id)
        if event is None:
            raise NotFound(f"there is no event {event_id}")
        if not inbound.replay(session, now=now, ids=[event_id]):
            raise Conflict(f"event {event_id} is {event.state}; only done, dead or failed ones are replayed")
    return see("/ops/events")
