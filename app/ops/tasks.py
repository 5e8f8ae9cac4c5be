"""What a person must do or know: list, add, finish."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases import repository as case_rows
from app.core import acts
from app.core.auth import Scope
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.ids import new_id
from app.core.text import clean_line
from app.core.web import Caller, needs, no_store
from app.ops import cursor
from app.ops.ports import At
from app.ops.schemas import Instant, Key, NextCursor, problems
from app.outbox.models import Task
from app.outbox.service import open_task
from app.outbox.states import TaskState

WHY_LIMIT = 300

router = APIRouter(prefix="/api/tasks", tags=["tasks"], dependencies=[Depends(no_store)])


class TaskOut(BaseModel):
    """One task. `kind` says what made it: `manual`, `payment_alert`, `dead_event`, `no_address` ..."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    key: str
    kind: str
    case_id: str | None
    customer_id: str | None
    title: str
    detail: str
    state: str
    created_at: Instant
    due_at: Instant | None
    done_at: Instant | None
    done_by: str | None


class TaskList(BaseModel):
    data: list[TaskOut]
    next_cursor: NextCursor


class NewTask(BaseModel):
    """Something for a person. `key`: the same key never makes a second task. `kind`: your own word, say `call`."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=200)
    detail: str = Field("", max_length=4000)
    case_id: Key | None = None
    customer_id: Key | None = None
    key: Key | None = None
    kind: str = Field("manual", pattern=r"^[a-z][a-z_]{0,39}$")
    due_at: AwareDatetime | None = None


class TaskDone(BaseModel):
    """What came of it, if there is something to say; kept with the act."""

    model_config = ConfigDict(extra="forbid")

    reason: str | None = Field(None, max_length=WHY_LIMIT)


def page_of_tasks(
    session: Session, *, state: TaskState | None, limit: int = 50, after: str | None = None
) -> tuple[list[Task], str | None]:
    """Tasks, newest first, and the cursor of the next page."""
    query = select(Task).order_by(Task.created_at.desc(), Task.id.desc()).limit(limit + 1)
    if state is not None:
        query = query.where(Task.state == state)
    if (before := cursor.decode(after)) is not None:
        at, key = before
        query = query.where((Task.created_at < at) | ((Task.created_at == at) & (Task.id < key)))
    rows = list(session.scalars(query))
    last = rows[limit - 1] if len(rows) > limit else None
    return rows[:limit], cursor.encode(last.created_at, last.id) if last else None


def finish(session: Session, task_id: str, *, who: str, now: datetime, why: str | None = None) -> Task:
    """Mark a task as done; a second time changes nothing. Raises NotFound."""
    task = session.scalar(select(Task).where(Task.id == task_id).with_for_update())
    if task is None:
        raise NotFound(f"there is no task {task_id}")
    if task.state == TaskState.OPEN:
        task.state, task.done_at, task.done_by = TaskState.DONE, now, who
        acts.record(
            session,
            "task.done",
            who=who,
            subject=task.case_id or task.customer_id or task.id,
            why=clean_line(why, WHY_LIMIT) if why else None,
            before={"state": TaskState.OPEN},
            after={"state": TaskState.DONE, "task": task.id, "kind": task.kind},
            now=now,
        )
    return task


@router.get("", responses=problems(422))
def list_tasks(
    at: At,
    _: Annotated[Caller, Depends(needs(Scope.READ))],
    state: TaskState | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query()] = None,
) -> TaskList:
    """Tasks, newest first."""
    with at.db.read() as session:
        found, next_cursor = page_of_tasks(session, state=state, limit=limit, after=cursor)
        return TaskList(data=[TaskOut.model_validate(t) for t in found], next_cursor=next_cursor)


@router.post("", status_code=201, responses=problems(404, 409, 422))
def add_task(at: At, _: Annotated[Caller, Depends(needs(Scope.OPERATE))], new: NewTask) -> TaskOut:
    """Ask a person to do something."""
    now = at.clock()
    title = clean_line(new.title)
    if not title:
        raise InvalidInput("title: must hold a visible character")
    with at.db.write() as session:
        case = case_rows.get(session, new.case_id) if new.case_id else None
        if new.case_id and case is None:
            raise NotFound(f"there is no case {new.case_id}")
        task = open_task(
            session,
            key=f"manual:{new.key or new_id('key')}",
            kind=new.kind,
            due_at=new.due_at,
            title=title,
            detail=new.detail.replace("\x00", ""),
            case_id=new.case_id,
            customer_id=new.customer_id or (case.customer_id if case else None),
            now=now,
        )
        if task is None:
            raise Conflict(f"there is a task with the key {new.key}")
        return TaskOut.model_validate(task)


@router.post("/{task_id}/done", responses=problems(404))
def finish_task(
    at: At, who: Annotated[Caller, Depends(needs(Scope.OPERATE))], task_id: Key, done: TaskDone | None = None
) -> TaskOut:
    """Mark a task as done."""
    now, why = at.clock(), done.reason if done else None
    with at.db.write() as session:
        return TaskOut.model_validate(finish(session, task_id, who=who.name, now=now, why=why))
