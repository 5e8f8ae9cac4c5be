"""Put intents down: a mail, an action, a task. Each has a key, so nothing is wanted twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.states import Stream
from app.core.ids import new_id
from app.outbox.models import Action, Mail, Task
from app.outbox.states import ActionState, MailPurpose, MailState, TaskState

NOBODY = ""
"""In the place of a customer, in a mail to the merchant's own people."""


def queue_mail(
    session: Session,
    *,
    key: str,
    name: str,
    purpose: MailPurpose,
    customer_id: str,
    case_id: str | None,
    step_id: str | None,
    to_address: str,
    locale: str,
    context: dict[str, Any],
    due_at: datetime,
    now: datetime,
    campaign: str | None = None,
    stream: Stream = Stream.TRANSACTIONAL,
) -> Mail | None:
    """A mail to be sent from `due_at` on; None if this key was wanted before.

    It is written with the transaction's other rows, so one transaction asks for a key once.
    """
    with session.no_autoflush:
        if session.scalar(select(Mail.id).where(Mail.key == key)):
            return None
    mail = Mail(
        id=new_id("mail"),
        key=key,
        name=name,
        purpose=purpose,
        campaign=campaign,
        stream=stream,
        customer_id=customer_id,
        case_id=case_id,
        step_id=step_id,
        to_address=to_address,
        locale=locale,
        context=context,
        state=MailState.QUEUED,
        due_at=due_at,
        created_at=now,
    )
    session.add(mail)
    return mail


def queue_action(
    session: Session,
    *,
    key: str,
    name: str,
    customer_id: str,
    case_id: str | None,
    params: dict[str, Any],
    now: datetime,
    own_wish: bool = False,
) -> Action | None:
    """A change to be made at the provider; None if this key was wanted before."""
    if session.scalar(select(Action.id).where(Action.key == key)):
        return None
    action = Action(
        id=new_id("act"),
        key=key,
        name=name,
        customer_id=customer_id,
        case_id=case_id,
        params=params,
        own_wish=own_wish,
        state=ActionState.QUEUED,
        due_at=now,
        created_at=now,
    )
    session.add(action)
    session.flush()
    return action


def open_task(
    session: Session,
    *,
    key: str,
    kind: str,
    title: str,
    detail: str,
    now: datetime,
    case_id: str | None = None,
    customer_id: str | None = None,
    due_at: datetime | None = None,
) -> Task | None:
    """Ask a person; None if the same cause has a task already."""
    if session.scalar(select(Task.id).where(Task.key == key)):
        return None
    task = Task(
        id=new_id("task"),
        key=key,
        kind=kind,
        title=title,
        detail=detail,
        case_id=case_id,
        customer_id=customer_id,
        state=TaskState.OPEN,
        created_at=now,
        due_at=due_at,
    )
    session.add(task)
    session.flush()
    return task
