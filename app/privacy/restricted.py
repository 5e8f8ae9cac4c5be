"""What is kept of an erased person because it proves something: locked away, read for a reason, deleted in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.contacts import service as contacts
from app.contacts.address import address_hash
from app.core import acts
from app.core.db import Database
from app.core.errors import InvalidInput
from app.core.ids import new_id
from app.core.sealing import Sealer, Unreadable
from app.core.text import clean_line
from app.outbox.models import Mail
from app.privacy import door
from app.privacy.export import mail_text, plain
from app.privacy.holdings import HOLDINGS, Holding
from app.privacy.legal import RestrictedKind
from app.privacy.models import RestrictedRecord
from app.privacy.person import Person

USE = "restricted_records"
WHY_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals and opens records. `keep_for`: how long after what they prove was said."""

    sealer: Sealer = field(repr=False)
    keep_for: timedelta


@dataclass(frozen=True, slots=True)
class Opened:
    """A record as it is read. `content`: table and row as it was; None: no key of ours opens it any more."""

    id: str
    kind: str
    made_at: datetime
    restricted_at: datetime
    keep_until: datetime
    content: dict[str, Any] | None


def lock_away(session: Session, vault: Vault, person: Person, now: datetime) -> int:
    """Copy what the law has us keep into sealed records, before the person's rows are emptied; how many."""
    customer_hash = door.hash_of(contacts.key_of(session), person.holder.customer_id)
    count = 0
    for holding, row, kind, since in _proofs(person):
        made_at = since or now
        if made_at + vault.keep_for <= now:
            continue
        proof = holding.proof
        address = row[proof.address] if proof and proof.address else None
        content = {"table": str(holding.table.name), "row": _content(holding, row)}
        sealed = vault.sealer.seal(msgspec.json.encode(content))
        session.add(
            RestrictedRecord(
                id=new_id("rec"),
                kind=kind,
                customer_hash=customer_hash,
                address_hash=contacts.hashed(session, address) if address else None,
                sealed=sealed,
                sealed_with=vault.sealer.name,
                made_at=made_at,
                restricted_at=now,
                keep_until=made_at + vault.keep_for,
            )
        )
        count += 1
    return count


def _proofs(person: Person) -> Iterator[tuple[Holding, dict[str, Any], RestrictedKind, datetime | None]]:
    for holding in HOLDINGS:
        if (proof := holding.proof) is None:
            continue
        for row in person.rows[holding.table.name]:
            if (kind := proof.kind(row)) is not None:
                yield holding, row, kind, proof.since(row)


def _content(holding: Holding, row: dict[str, Any]) -> dict[str, Any]:
    told = {str(name): plain(value) for name, value in row.items() if value is not None}
    if holding.table.name == Mail.__tablename__:
        told["text"] = mail_text(row["raw"])
    return told


def read(
    db: Database,
    vault: Vault,
    *,
    customer_id: str | None = None,
    address: str | None = None,
    who: str,
    why: str,
    now: datetime,
) -> list[Opened]:
    """Open the records of a customer's id or of an address, oldest first; the reading is an act, even of none.

    `why` is kept for good, so it must name nobody. Raises InvalidInput.
    """
    said = clean_line(why, WHY_LIMIT)
    if not said:
        raise InvalidInput("why: say what the records are needed for; it is kept with the act")
    if (customer_id is None) == (address is None):
        raise InvalidInput("give either the customer's id or the address")
    with db.write() as session:
        query = select(RestrictedRecord).order_by(RestrictedRecord.made_at, RestrictedRecord.id)
        if customer_id is not None:
            subject = door.hash_of(contacts.key_of(session), customer_id)
            query = query.where(RestrictedRecord.customer_hash == subject)
        else:
            subject = address_hash(contacts.key_of(session), address or "")
            query = query.where(RestrictedRecord.address_hash == subject)
        rows = list(session.scalars(query))
        after = {"records": [row.id for row in rows]}
        acts.record(session, "restricted.read", who=who, subject=subject, why=said, after=after, now=now)
        return [_opened(row, vault) for row in rows]


def _opened(row: RestrictedRecord, vault: Vault) -> Opened:
    try:
        content = msgspec.json.decode(vault.sealer.open(row.sealed))
    except Unreadable:
        content = None
    return Opened(row.id, row.kind, row.made_at, row.restricted_at, row.keep_until, content)


def expire(session: Session, now: datetime, limit: int) -> tuple[int, bool]:
    """Delete records whose time is over; how many, and whether there may be more."""
    query = select(RestrictedRecord.id).where(RestrictedRecord.keep_until <= now)
    ids = list(session.scalars(query.order_by(RestrictedRecord.keep_until).limit(limit)))
    if ids:
        session.execute(delete(RestrictedRecord).where(RestrictedRecord.id.in_(ids)))
    return len(ids), len(ids) == limit


def reseal(session: Session, vault: Vault, after: str, limit: int) -> tuple[int, str | None]:
    """Seal one page of records with the key that seals now; how many, and the page's last id if there may be more."""
    query = select(RestrictedRecord).where(RestrictedRecord.id > after).order_by(RestrictedRecord.id)
    rows = list(session.scalars(query.limit(limit)))
    count = 0
    for row in rows:
        if row.sealed_with == vault.sealer.name:
            continue
        try:
            row.sealed, row.sealed_with = vault.sealer.again(row.sealed), vault.sealer.name
        except Unreadable:
            continue  # it may be opened again once its key is put back
        count += 1
    return count, rows[-1].id if len(rows) == limit else None
