"""The page of tasks, and marking one as done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from app.ops.forms import sent_by_operator
from app.ops.pages import PageRoute, query, render, see
from app.ops.ports import At
from app.ops.schemas import Key
from app.ops.session import Visitor, visitor
from app.ops.tasks import finish, page_of_tasks
from app.outbox.states import TaskState

router = APIRouter(prefix="/ops/tasks", route_class=PageRoute, include_in_schema=False)


@router.get("")
def list_tasks(
    place: At,
    who: Annotated[Visitor, Depends(visitor)],
    state: Annotated[TaskState, Query()] = TaskState.OPEN,
    cursor: Annotated[str | None, Query()] = None,
) -> Response:
    """Tasks of one state, newest first."""
    with place.db.read() as session:
        found, next_cursor = page_of_tasks(session, state=state, after=cursor)
        return render(
            place,
            "tasks.html",
            who,
            tasks=found,
            state=state,
            states=list(TaskState),
            next_cursor=next_cursor,
            paging=cursor is not None,
        )


@router.post("/{task_id}/done")
def finish_task(place: At, who: Annotated[Visitor, Depends(sent_by_operator)], task_id: Key) -> Response:
    """Mark it as done, then show those that are left."""
    now = place.clock()
    with place.db.write() as session:
        finish(session, task_id, who=who.name, now=now)
    return see("/ops/tasks" + query(state=TaskState.OPEN))
