"""Reads and writes of contacts, for many customers at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.contacts.models import Addressee, Consent, ContactLog, CustomerFacts, Suppression
from app.contacts.states import Channel


def log_mail(
    session: Session,
    *,
    customer_id: str,
    mail_id: str,
    at: datetime,
    name: str,
    counted: bool,
    campaign: str | None = None,
    case_id: str | None = None,
    address_hash: str | None = None,
) -> None:
    """A mail leaves, or may have left."""
    session.add(
        ContactLog(
            customer_id=customer_id,
            mail_id=mail_id,
            at=at,
            channel=Channel.MAIL,
            name=name,
            counted=counted,
            campaign=campaign,
            case_id=case_id,
            address_hash=address_hash,
        )
    )


def last_counted(
    session: Session, customer_ids: Collection[str], *, besides: str | None = None
) -> dict[str, datetime]:
    """When these customers last got a mail that weighs in the spacing; who never did is absent.

    `besides`: a mail that does not count.
    """
    query = (
        select(ContactLog.customer_id, func.max(ContactLog.at))
        .where(ContactLog.customer_id.in_(sorted(customer_ids)), ContactLog.counted)
        .group_by(ContactLog.customer_id)
    )
    rows = session.execute(query if besides is None else query.where(ContactLog.mail_id != besides))
    return {row.customer_id: row[1] for row in rows}


def counted_since(
    session: Session, customer_ids: Collection[str], hashes: Collection[str], since: datetime
) -> list[ContactLog]:
    """Counted contacts of these customers, or to these addresses, oldest first."""
    found: dict[int, ContactLog] = {}
    for column, keys in ((ContactLog.customer_id, customer_ids), (ContactLog.address_hash, hashes)):
        if keys:
            query = select(ContactLog).where(column.in_(sorted(keys)), ContactLog.at > since)
            found |= {row.id: row for row in session.scalars(query) if row.counted}
    return sorted(found.values(), key=lambda row: (row.at, row.id))


def latest(session: Session, customer_id: str, limit: int) -> list[ContactLog]:
    """A customer's newest contacts, newest first."""
    query = select(ContactLog).where(ContactLog.customer_id == customer_id)
    return list(session.scalars(query.order_by(ContactLog.at.desc(), ContactLog.id.desc()).limit(limit)))


def suppressions_of(session: Session, hashes: Iterable[str]) -> dict[str, list[Suppression]]:
    """Every suppression, also lifted and expired ones, by the address's hash, oldest first."""
    found: dict[str, list[Suppression]] = {h: [] for h in hashes}
    if found:
        query = select(Suppression).where(Suppression.address_hash.in_(sorted(found)))
        for row in session.scalars(query.order_by(Suppression.since, Suppression.id)):
            found[row.address_hash].append(row)
    return found


def consents_of(
    session: Session, customer_ids: Collection[str] = (), hashes: Collection[str] = ()
) -> list[Consent]:
    """Consents of these customers or for these addresses, oldest first, also withdrawn ones."""
    found: dict[int, Consent] = {}
    for column, keys in ((Consent.customer_id, customer_ids), (Consent.address_hash, hashes)):
        if keys:
            found |= {row.id: row for row in session.scalars(select(Consent).where(column.in_(sorted(keys))))}
    return sorted(found.values(), key=lambda row: (row.given_at, row.id))


def facts_of(session: Session, customer_ids: Collection[str]) -> dict[str, CustomerFacts]:
    query = select(CustomerFacts).where(CustomerFacts.customer_id.in_(sorted(customer_ids)))
    return {row.customer_id: row for row in session.scalars(query)}


def addressees_of(session: Session, customer_ids: Collection[str]) -> dict[str, list[Addressee]]:
    """Second addressees by customer, by role."""
    found: dict[str, list[Addressee]] = {c: [] for c in customer_ids}
    query = select(Addressee).where(Addressee.customer_id.in_(sorted(customer_ids))).order_by(Addressee.role)
    for row in session.scalars(query):
        found[row.customer_id].append(row)
    return found
