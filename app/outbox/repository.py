"""Claims and settlements of mails and actions: compare-and-set, a lease in real time, a fencing token."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from sqlalchemy import CursorResult, bindparam, exists, func, or_, select, update
from sqlalchemy.orm import Session

from app.core import marks
from app.core.ids import new_token
from app.core.marks import Counted
from app.core.waiting import REAL_NOW, waiting
from app.inbound import repository as inbound
from app.inbound.states import Source
from app.outbox.facts import ACTION_SETTLED, MAIL_SETTLED, MailSettled, OutboxFact, body_of
from app.outbox.models import WAITING, Action, Mail, Task
from app.outbox.states import MailPurpose, MailState, TaskState

Row = TypeVar("Row", Mail, Action)

CLAIMABLE = ("queued", "retry")
LEASE = timedelta(seconds=60)


# Built once: building them takes longer than running them, and an idle worker asks all the time.
_TABLES: dict[type, Any] = {model: model.__table__.c for model in (Mail, Action)}
_DUE = {
    model: select(c.id)
    .where(WAITING, c.state.in_(CLAIMABLE), c.due_at <= bindparam("now"))
    .order_by(c.due_at, c.id)
    .limit(bindparam("limit"))
    for model, c in _TABLES.items()
}
QUEUED = {model: waiting(c.due_at, WAITING, c.state.in_(CLAIMABLE)) for model, c in _TABLES.items()}
LOST = or_(
    *(
        exists(select(c.id).where(WAITING, c.state == "sending", c.leased_until < REAL_NOW))
        for c in _TABLES.values()
    )
)
"""Whether a worker seems to have died on the way with a mail or an action."""

_OWN = {
    Mail: _DUE[Mail].where(Mail.__table__.c.purpose == MailPurpose.CONFIRMATION.value),
    Action: _DUE[Action].where(Action.__table__.c.own_wish),
}


def due_ids(
    session: Session, model: type[Row], now: datetime, limit: int, *, own_wishes: bool = False
) -> list[str]:
    """Ids of rows that may be carried out now, longest due first. `own_wishes`: only what answers customers' acts."""
    query = _OWN[model] if own_wishes else _DUE[model]
    return list(session.connection().execute(query, {"now": now, "limit": limit}).scalars())


def claim(
    session: Session,
    model: type[Row],
    row_id: str,
    *,
    now: datetime,
    real_now: datetime,
    lease: timedelta = LEASE,
) -> Row | None:
    """Take one row for this worker; None if another has it or it is no longer due.

    `real_now` is the database's time, which all workers share, so that no clock that goes wrong ends a
    lease that another worker still holds.
    """
    token = new_token()
    statement = (
        update(model)
        .where(model.id == row_id, model.state.in_(CLAIMABLE), model.due_at <= now)
        .values(state="sending", token=token, leased_until=real_now + lease, attempts=model.attempts + 1)
        .execution_options(synchronize_session=False)
    )
    if not cast(CursorResult[Any], session.execute(statement)).rowcount:
        return None
    return session.scalars(select(model).where(model.id == row_id)).one()


def settle(session: Session, row: Row, token: str | None, **values: Any) -> bool:
    """Write what became of a row, unless its claim is another's by now."""
    model = type(row)
    if isinstance(row, Counted):  # its columns are written past the session, which would have told
        marks.note(session, model.__tablename__, [row.customer_id], marks.day_of(values.get("settled_at")))
    statement = (
        update(model)
        .where(model.id == row.id, model.token == token, model.state == "sending")
        .values(token=None, leased_until=None, **values)
        .execution_options(synchronize_session=False)
    )
    return bool(cast(CursorResult[Any], session.execute(statement)).rowcount)


def expired(session: Session, model: type[Row], real_now: datetime) -> list[Row]:
    """Rows whose worker has died on the way: nobody knows what became of them."""
    query = select(model).where(WAITING, model.state == "sending", model.leased_until < real_now)
    return list(session.scalars(query.with_for_update(skip_locked=True)))


def report(session: Session, fact: OutboxFact, *, attempt: int, now: datetime) -> None:
    """Put what became of an effect into the inbound store, in the transaction that settles it."""
    subject = fact.mail_id if isinstance(fact, MailSettled) else fact.action_id
    inbound.store(
        session,
        source=Source.OUTBOX,
        event_id=f"{subject}:{attempt}:{fact.state}",
        type=MAIL_SETTLED if isinstance(fact, MailSettled) else ACTION_SETTLED,
        created_at=now,
        now=now,
        body=body_of(fact),
        object_id=subject,
        customer_id=fact.customer_id,
    )


def mails_of(session: Session, case_id: str) -> list[Mail]:
    return list(
        session.scalars(select(Mail).where(Mail.case_id == case_id).order_by(Mail.created_at, Mail.id))
    )


def waiting_mails_of(session: Session, case_id: str) -> list[Mail]:
    """Mails of a case that are still to leave, soonest first."""
    query = select(Mail).where(Mail.case_id == case_id, Mail.state.in_(CLAIMABLE))
    return list(session.scalars(query.order_by(Mail.due_at, Mail.id)))


def reminders_sent(session: Session, case_id: str) -> tuple[int, datetime | None]:
    """How many reminders of a case left, may have left, or would have left if sending were live; and the first."""
    went = Mail.state.in_((MailState.SENT, MailState.UNKNOWN)) | Mail.withheld.is_not(None)
    query = select(func.count(), func.min(Mail.settled_at)).where(
        Mail.case_id == case_id, Mail.purpose == MailPurpose.REMINDER, went
    )
    count, first = session.execute(query).one()
    return count, first


def tasks(session: Session, *, state: TaskState | None = None, limit: int = 100) -> Sequence[Task]:
    query = select(Task).order_by(Task.created_at.desc(), Task.id.desc()).limit(limit)
    return session.scalars(query.where(Task.state == state) if state else query).all()
