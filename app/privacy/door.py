"""Who was erased stays out: what names them later is turned away before it becomes a row."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.contacts.address import hash_or_none
from app.contacts.models import Suppression
from app.contacts.states import SuppressionReason
from app.core import gates
from app.core.ids import new_id
from app.inbound.models import InboundEvent
from app.inbound.repository import ClaimedEvent
from app.inbound.states import InboundState, Source
from app.privacy.models import ErasedId


class ErasedMeanwhile(Exception):
    """A customer of the batch was erased while it was applied: apply it again, and they are turned away."""


def hash_of(key: str, provider_id: str) -> str:
    """A provider's id as we remember it of the erased: HMAC-SHA256, 64 hex digits."""
    return hmac.new(key.encode(), f"id:{provider_id}".encode(), hashlib.sha256).hexdigest()


def shut(session: Session, provider_ids: Collection[str], now: datetime) -> None:
    """Remember ids of an erased person; known ones stay as they are."""
    row = gates.registered(session)
    if row is None or not provider_ids:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    hashes = sorted(hash_of(row.address_key, key) for key in provider_ids)
    values = [{"id_hash": digest, "erased_at": now} for digest in hashes]
    session.execute(dialect.insert(ErasedId).on_conflict_do_nothing(), values)


_ERASED = select(ErasedId.id_hash).where(ErasedId.id_hash.in_(bindparam("hashes", expanding=True)))


def erased_among(session: Session, provider_ids: Collection[str]) -> set[str]:
    """Those of these ids that belong to somebody who was erased."""
    row = gates.registered(session)
    if row is None or not provider_ids:
        return set()
    by_hash = {hash_of(row.address_key, key): key for key in provider_ids}
    known = session.connection().execute(_ERASED, {"hashes": sorted(by_hash)}).scalars()
    return {by_hash[digest] for digest in known}


def turn_away(
    session: Session,
    events: Sequence[ClaimedEvent],
    addresses: Mapping[int, Collection[str]],
    *,
    now: datetime,
) -> set[int]:
    """Empty the events that name an erased person and set them `ignored`; returns their ids.

    `addresses`: by event, those that a mail provider's callback names. The ids that come with such an
    event are remembered too, as a later one may name nothing else.
    """
    named = {e.id: {n for n in (e.customer_id, e.object_id, *e.refs.split()) if n} for e in events}
    erased = erased_among(session, set().union(*named.values()))
    forgotten = _erased_addresses(session, {a for found in addresses.values() for a in found})
    away = [e for e in events if named[e.id] & erased or not forgotten.isdisjoint(addresses.get(e.id, ()))]
    if not away:
        return set()
    shut(session, set().union(*(named[e.id] for e in away)), now)
    for event in away:
        # A reading of our own bears its object in its id; a delivery keeps its id, so that it is known again.
        event_id = new_id(event.source) if event.source == Source.LIVE else event.event_id
        session.execute(
            update(InboundEvent)
            .where(InboundEvent.id == event.id)
            .values(
                event_id=event_id, object_id=None, customer_id=None, refs=" ", body=b"", error=None,
                state=InboundState.IGNORED, done_at=now, claim_token=None, claimed_until=None,
            )
            .execution_options(synchronize_session=False)
        )  # fmt: skip
    return {e.id for e in away}


def _erased_addresses(session: Session, addresses: Collection[str]) -> set[str]:
    row = gates.registered(session)
    if row is None or not addresses:
        return set()
    hashes = {a: h for a in addresses if (h := hash_or_none(row.address_key, a))}
    query = select(Suppression.address_hash).where(
        Suppression.address_hash.in_(sorted(hashes.values())), Suppression.reason == SuppressionReason.ERASURE
    )
    known = set(session.scalars(query))
    return {a for a, digest in hashes.items() if digest in known}


def check(session: Session, customer_ids: Iterable[str]) -> None:
    """Once their rows are held: raise ErasedMeanwhile if one of these customers is erased by now."""
    if erased_among(session, set(customer_ids)):
        raise ErasedMeanwhile
