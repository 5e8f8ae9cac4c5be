"""The daily forgetting of old content, in batches; a mark says how far it has come.

Told again it does nothing twice, and two workers may do it at once. What is not finished stays: an event
that waits or is dead, a mail that is still to leave.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, delete, func, not_, or_, select, tuple_, update
from sqlalchemy.orm import Session

from app.cancellation.declarations import Declaration
from app.contacts.models import Consent
from app.core.db import Database
from app.hooks.models import HookMessage
from app.inbound.models import InboundEvent
from app.inbound.states import InboundState
from app.outbox.models import Mail
from app.privacy import restricted
from app.privacy.legal import LEGAL_CAMPAIGNS, LEGAL_PURPOSES
from app.privacy.models import RetentionMark
from app.privacy.policy import RetentionPolicy
from app.privacy.restricted import Vault

BATCH = 500
FINISHED = (InboundState.DONE, InboundState.IGNORED)
THE_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

EMPTIED: dict[type, dict[str, Any]] = {Mail: {"raw": None, "context": {}}, HookMessage: {"body": {}}}
Row = TypeVar("Row", Mail, HookMessage)

_LEGAL = or_(Mail.purpose.in_(LEGAL_PURPOSES), func.coalesce(Mail.campaign, "").in_(LEGAL_CAMPAIGNS))
_ORDINARY = not_(_LEGAL)


def sweep(db: Database, policy: RetentionPolicy, now: datetime, vault: Vault | None = None) -> dict[str, int]:
    """Forget what is older than the policy allows; rows by class. Opens a transaction a batch.

    With `vault`, what an older key has sealed is sealed anew, so that the older key may go.
    """
    content, legal = policy.content_before(now), policy.legal_before(now)
    return {
        "events": _in_batches(db, lambda session: _events(session, content)),
        "mails": _settled(db, "mails", Mail, _ORDINARY, content),
        "legal_mails": _settled(db, "legal_mails", Mail, _LEGAL, legal),
        "consents": _consents(db, legal),
        "declarations": _declarations(db, legal),
        "hook_messages": _settled(
            db, "hook_messages", HookMessage, HookMessage.settled_at.is_not(None), content
        ),
        "restricted": _in_batches(db, lambda session: restricted.expire(session, now, BATCH)),
        "resealed": _resealed(db, vault) if vault else 0,
    }


def _in_batches(db: Database, batch: Callable[[Session], tuple[int, bool]]) -> int:
    """Run `batch`, which returns how many rows it changed and whether there is more, until there is not."""
    total, more = 0, True
    while more:
        with db.write() as session:
            count, more = batch(session)
        total += count
    return total


def _resealed(db: Database, vault: Vault) -> int:
    after = ""

    def batch(session: Session) -> tuple[int, bool]:
        nonlocal after
        count, last = restricted.reseal(session, vault, after, BATCH)
        more, after = last is not None, last or after
        return count, more

    return _in_batches(db, batch)


def _mark(session: Session, subject: str) -> RetentionMark:
    row = session.get(RetentionMark, subject, with_for_update=True)
    if row is None:
        row = RetentionMark(subject=subject, until_id=0, until_at=None, behind=[])
        session.add(row)
    return row


def _events(session: Session, before: datetime) -> tuple[int, bool]:
    """Bodies only: the rest of the row keeps a delivery from being taken for a new one."""
    mark = _mark(session, "events")
    query = select(InboundEvent.id, InboundEvent.state, InboundEvent.received_at)
    page = session.execute(
        query.where(InboundEvent.id > mark.until_id).order_by(InboundEvent.id).limit(BATCH)
    ).all()
    old = list(takewhile(lambda row: row.received_at < before, page))
    waiting = session.execute(query.where(InboundEvent.id.in_(mark.behind))).all() if mark.behind else []
    done = [row.id for row in (*waiting, *old) if row.state in FINISHED]
    mark.behind = [row.id for row in (*waiting, *old) if row.state not in FINISHED]
    mark.until_id = old[-1].id if old else mark.until_id
    if done:
        session.execute(
            update(InboundEvent)
            .where(InboundEvent.id.in_(done))
            .values(body=b"")
            .execution_options(synchronize_session=False)
        )
    return len(done), len(old) == BATCH


def _settled(
    db: Database, subject: str, model: type[Row], which: ColumnElement[bool], before: datetime
) -> int:
    """Texts only: who was told about what and when stays, for the figures, and that nothing is told again."""
    after_id = ""

    def batch(session: Session) -> tuple[int, bool]:
        nonlocal after_id
        mark = _mark(session, subject)
        place = (mark.until_at or THE_BEGINNING, after_id)
        query = (
            select(model.id, model.settled_at)
            .where(tuple_(model.settled_at, model.id) > tuple_(*place), model.settled_at < before)
            .where(which)
            .order_by(model.settled_at, model.id)
            .limit(BATCH)
        )
        rows = session.execute(query).all()
        if rows:
            _forget_texts(session, model, [row.id for row in rows])
            mark.until_at, after_id = rows[-1].settled_at, rows[-1].id
        return len(rows), len(rows) == BATCH

    return _in_batches(db, batch)


def _forget_texts(session: Session, model: type[Row], ids: Collection[str]) -> None:
    session.execute(
        update(model)
        .where(model.id.in_(ids))
        .values(EMPTIED[model])
        .execution_options(synchronize_session=False)
    )


def _declarations(db: Database, before: datetime) -> int:
    """Cancellations and withdrawals that were declared; one that still waits stays. Walked through by key."""
    after = ""

    def batch(session: Session) -> tuple[int, bool]:
        nonlocal after
        columns = (Declaration.id, Declaration.received_at, Declaration.look_at)
        rows = session.execute(
            select(*columns).where(Declaration.id > after).order_by(Declaration.id).limit(BATCH)
        ).all()
        over = [row.id for row in rows if row.received_at < before and row.look_at is None]
        if over:
            session.execute(delete(Declaration).where(Declaration.id.in_(over)))
        after = rows[-1].id if rows else after
        return len(over), len(rows) == BATCH

    return _in_batches(db, batch)


def _consents(db: Database, before: datetime) -> int:
    """Ended long ago. Walked through by key, as they are few and only this asks for their end."""
    after = 0

    def batch(session: Session) -> tuple[int, bool]:
        nonlocal after
        query = select(Consent.id, Consent.withdrawn_at).where(Consent.id > after)
        rows = session.execute(query.order_by(Consent.id).limit(BATCH)).all()
        ended = [row.id for row in rows if row.withdrawn_at is not None and row.withdrawn_at < before]
        if ended:
            session.execute(delete(Consent).where(Consent.id.in_(ended)))
        after = rows[-1].id if rows else after
        return len(ended), len(rows) == BATCH

    return _in_batches(db, batch)
