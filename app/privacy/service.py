"""Erase a person: amounts and dates stay under a pseudonym, and a hash that keeps us from writing again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import JSON, LargeBinary, delete, select, update
from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.projection.order import UNSEEN_AT
from app.billing.states import CustomerState
from app.cases import repository as case_rows
from app.cases import service as case_engine
from app.cases.models import Case
from app.contacts import repository as contact_rows
from app.contacts import service as contacts
from app.contacts.models import CustomerFacts
from app.contacts.states import Flag, SuppressionReason, SuppressionScope
from app.core import acts, marks
from app.core.db import Database
from app.core.errors import Conflict, NotFound
from app.hooks import service as hooks
from app.outbox.models import Action, Mail
from app.outbox.states import MailState
from app.privacy import door
from app.privacy.events import (
    Traces,
    conflicts_of,
    event_pages,
    forget_conflicts,
    forget_events,
    newest_id,
    page_of_events,
)
from app.privacy.holdings import HOLDINGS, Becomes, Holding
from app.privacy.models import ErasedId
from app.privacy.person import Person, gather
from app.privacy.redaction import Redactor
from app.privacy.restricted import Vault, lock_away

log = structlog.get_logger()

ERASURE = "erasure"


@dataclass(frozen=True, slots=True)
class Erased:
    """`pseudonym` is None, and `again` true, where the person was erased before. `rows`: by table."""

    pseudonym: str | None
    at: datetime
    rows: dict[str, int]
    again: bool = False


def erase(
    db: Database, customer_id: str, *, vault: Vault, who: str, why: str | None, now: datetime
) -> Erased:
    """Forget a person for good. Opens its own transactions. What the law has us keep goes into `vault`.

    First the stored events go, page by page; then all the rest in one transaction, with the events that
    have come in since. Stopped half-way, nothing but old events is gone, and running it again goes on.
    Raises NotFound where nothing is held, Conflict under a legal hold, NotConfigured before the first start.
    """
    with db.read() as session:
        before = _erased_before(session, customer_id)
        if before is not None:
            return before
        person = gather(session, customer_id)
        reached = newest_id(session)
    _refuse(person)
    traces, events = Traces(person), 0
    for last, found in event_pages(db, traces):
        if found:
            with db.write() as session:
                forget_events(session, found)
        events += len(found)
        if last >= reached:
            reached = last
            break
    if not person.known and not events:
        raise NotFound(f"nothing is held about {customer_id}")
    with db.write() as session:
        before = _erased_before(session, customer_id)
        if before is not None:
            return before
        return _erase_rest(session, customer_id, reached, events, vault=vault, who=who, why=why, now=now)


def _erased_before(session: Session, customer_id: str) -> Erased | None:
    row = session.get(ErasedId, door.hash_of(contacts.key_of(session), customer_id))
    return Erased(None, row.erased_at, {}, again=True) if row else None


def _refuse(person: Person) -> None:
    facts = person.rows[CustomerFacts.__tablename__]
    if facts and Flag.LEGAL_HOLD in facts[0]["flags"]:
        raise Conflict("the customer is under a legal hold: take the flag away first")


def _erase_rest(
    session: Session,
    customer_id: str,
    reached: int,
    events: int,
    *,
    vault: Vault,
    who: str,
    why: str | None,
    now: datetime,
) -> Erased:
    _stop_all(session, customer_id, now)
    person = gather(session, customer_id)
    _refuse(person)
    locked = lock_away(session, vault, person, now)
    redactor = Redactor(person.ids, person.words)
    for address in sorted(person.holder.addresses):
        if contacts.hashed(session, address):  # what is no address was never written to
            scope, reason = SuppressionScope.ALL, SuppressionReason.ERASURE
            contacts.suppress(session, address, scope, reason, ERASURE, now)
    for consent in contact_rows.consents_of(session, [customer_id], person.holder.hashes):
        consent.withdrawn_at = consent.withdrawn_at or now
    door.shut(session, person.ids, now)
    session.flush()
    rows = Counter(inbound_events=events + _late_events(session, person, reached), restricted_records=locked)
    for holding in HOLDINGS:
        rows[holding.table.name] = _forget(session, holding, person, redactor)
    session.expire_all()
    marks.rename(session, customer_id, redactor.pseudonyms[customer_id])
    counts = {name: count for name, count in sorted(rows.items()) if count}
    pseudonym = redactor.pseudonyms[customer_id]
    said = redactor.text(why) if why else None
    acts.record(session, "person.erase", who=who, subject=pseudonym, why=said, after=counts, now=now)
    log.info("person.erased", pseudonym=pseudonym, rows=sum(counts.values()))
    return Erased(pseudonym, now, counts)


def _stop_all(session: Session, customer_id: str, now: datetime) -> None:
    """Nothing leaves any more. Locks as the workers do: the customer, then mails and actions, then cases."""
    billing.lock_customers(session, [CustomerState(customer_id, UNSEEN_AT, False)])
    mails = select(Mail).where(Mail.customer_id == customer_id).with_for_update()
    actions = select(Action).where(Action.customer_id == customer_id).with_for_update()
    for row in (*session.scalars(mails), *session.scalars(actions)):
        if row.state in (MailState.QUEUED, MailState.RETRY):
            row.state, row.settled_at = MailState.CANCELLED, now
        elif row.state == MailState.SENDING:  # on the wire this moment: what becomes of it is told no more
            row.state, row.settled_at, row.token, row.leased_until = MailState.UNKNOWN, now, None, None
    hooks.forget_customer(session, customer_id, now=now)
    for case in session.scalars(select(Case).where(Case.customer_id == customer_id).with_for_update()):
        case.link_epoch += 1
    for case in case_rows.open_cases_of(session, customer_id):
        case_engine.stop(session, case, "The customer was erased.", now=now)
    session.flush()


def _late_events(session: Session, person: Person, reached: int) -> int:
    traces, found, after = Traces(person), list[int](), reached
    while True:
        last, more = page_of_events(session, traces, after)
        if last is None:
            break
        found, after = found + more, last
    forget_events(session, found)
    forget_conflicts(session, conflicts_of(session, traces))
    return len(found)


def _forget(session: Session, holding: Holding, person: Person, redactor: Redactor) -> int:
    rows = person.rows[holding.table.name]
    if not holding.columns:
        session.execute(delete(holding.table).where(holding.find(person.holder)))
        return len(rows)
    for row in rows:
        values = {c: _after(holding, c, b, row, redactor) for c, b in holding.columns.items()}
        changed = {c: v for c, v in values.items() if v != row[c]}
        if changed:
            this = [column == row[column.name] for column in holding.table.primary_key]
            session.execute(update(holding.table).where(*this).values(changed))
    return len(rows)


def _after(holding: Holding, name: str, becomes: Becomes, row: dict[str, Any], redactor: Redactor) -> Any:
    value = row[name]
    match becomes:
        case Becomes.KEPT:
            return value
        case Becomes.PSEUDONYM:
            return redactor.json(value)
    column = holding.table.c[name]
    if column.nullable and not isinstance(column.type, JSON):
        return None
    if isinstance(column.type, JSON):
        return {} if value is not None else None
    return b"" if isinstance(column.type, LargeBinary) else ""
