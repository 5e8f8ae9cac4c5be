"""Write down who must not, and who may, be written to. Callers open the transaction and pass `now`."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts import repository
from app.contacts.address import address_hash, hash_or_none
from app.contacts.models import Consent, Suppression
from app.contacts.states import (
    LIFTED_BY_CONSENT,
    WITHDRAWING,
    ConsentBasis,
    SuppressionReason,
    SuppressionScope,
)
from app.core import gates
from app.core.errors import InvalidInput, NotConfigured

PROOF_LIMIT = 300


def key_of(session: Session) -> str:
    """The key under which this installation hashes addresses; raises NotConfigured before the first start."""
    row = gates.registered(session)
    if row is None:
        raise NotConfigured("this database has not been started yet: there is no key to hash addresses with")
    return str(row.address_key)


def hashed(session: Session, address: str | None) -> str | None:
    """The address as suppressions and the contact log know it; None where there is none, or no key yet."""
    row = gates.registered(session)
    return hash_or_none(row.address_key, address) if row else None


def suppress(
    session: Session,
    address: str,
    scope: SuppressionScope,
    reason: SuppressionReason,
    source: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> Suppression:
    """Nothing in `scope` goes to this address any more, until `expires_at` if given.

    Told again it stays as it is, or lasts longer. A no that the person said ends the older consents for
    the address too; a newer consent has taken it back already. `now` may be an old date, from an old list.
    Raises InvalidInput for what is no address.
    """
    hashed_address = address_hash(key_of(session), address)
    return suppress_hash(session, hashed_address, scope, reason, source, now, expires_at)


def suppress_hash(
    session: Session,
    hashed_address: str,
    scope: SuppressionScope,
    reason: SuppressionReason,
    source: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> Suppression:
    """As `suppress`, for an address of which only the hash is kept."""
    row = session.scalar(
        select(Suppression).where(
            Suppression.address_hash == hashed_address,
            Suppression.scope == scope,
            Suppression.reason == reason,
        )
    )
    if row is None:
        row = Suppression(address_hash=hashed_address, scope=scope, reason=reason)
        session.add(row)
        _begin(row, source, now, expires_at)
    elif row.lifted_at is not None or (row.expires_at is not None and row.expires_at <= now):
        if now <= max(row.since, row.lifted_at or row.since):
            return row  # an old list, told again: what came after it counts
        _begin(row, source, now, expires_at)
    elif row.expires_at is not None:
        row.expires_at = max(row.expires_at, expires_at) if expires_at else None
    _settle_consents(session, row, now)
    session.flush()
    return row


def _begin(row: Suppression, source: str, now: datetime, expires_at: datetime | None) -> None:
    row.source, row.since, row.expires_at = source, now, expires_at
    row.lifted_at = row.lifted_by = None


def _settle_consents(session: Session, row: Suppression, now: datetime) -> None:
    """Of a no and the consents of the address, the later word counts."""
    if row.reason not in WITHDRAWING:
        return
    found = repository.consents_of(session, hashes=[row.address_hash])
    newer = [
        c for c in found if c.given_at > now and c.basis == ConsentBasis.CONSENT and c.withdrawn_at is None
    ]
    if newer and row.reason in LIFTED_BY_CONSENT:
        row.lifted_at, row.lifted_by = newer[0].given_at, f"consent: {newer[0].source}"
    elif row.scope != SuppressionScope.WINBACK:
        _withdraw([c for c in found if c.given_at <= now], now)


def lift(
    session: Session,
    address: str,
    *,
    by: str,
    now: datetime,
    reasons: Collection[SuppressionReason] = LIFTED_BY_CONSENT,
) -> int:
    """The address may be written to again; returns how many suppressions were lifted.

    By default only what the person may take back. Where the customer asks for marketing again, record a
    consent instead: it lifts as well, and keeps the proof.
    """
    hashed_address = address_hash(key_of(session), address)
    rows = repository.suppressions_of(session, [hashed_address])[hashed_address]
    lifted = [r for r in rows if r.reason in reasons and r.lifted_at is None]
    for row in lifted:
        row.lifted_at, row.lifted_by = now, by
    return len(lifted)


def record_consent(
    session: Session,
    *,
    basis: ConsentBasis,
    source: str,
    proof: str,
    given_at: datetime,
    now: datetime,
    customer_id: str | None = None,
    address: str | None = None,
    wording: str | None = None,
) -> Consent | None:
    """Keep a permission with its proof; None if this proof is known already.

    A consent that is newer than an unsubscription or objection of the address lifts it; a soft opt-in
    lifts nothing, as it is no act of will. Raises InvalidInput.
    """
    if not proof.strip() or len(proof) > PROOF_LIMIT:
        raise InvalidInput(f"proof: a consent needs a proof of at most {PROOF_LIMIT} characters")
    if given_at > now:
        raise InvalidInput("given_at: must not lie in the future")
    hashed_address = address_hash(key_of(session), address) if address else None
    if customer_id is None and hashed_address is None:
        raise InvalidInput("a consent belongs to a customer, to an address, or to both")
    key = f"{customer_id or hashed_address}:{basis}:{proof}"
    if session.scalar(select(Consent.id).where(Consent.key == key)):
        return None
    row = Consent(
        key=key,
        customer_id=customer_id,
        address_hash=hashed_address,
        basis=basis,
        source=source,
        proof=proof,
        wording=wording,
        given_at=given_at,
        recorded_at=now,
    )
    if hashed_address is not None:
        _settle_suppressions(session, row, hashed_address)
    session.add(row)
    session.flush()
    return row


def _settle_suppressions(session: Session, consent: Consent, hashed_address: str) -> None:
    """Of a consent and what the person said against it, the later word counts."""
    for row in repository.suppressions_of(session, [hashed_address])[hashed_address]:
        later = row.since > consent.given_at and row.scope != SuppressionScope.WINBACK
        if row.reason in WITHDRAWING and later:
            consent.withdrawn_at = row.since
        elif row.reason in LIFTED_BY_CONSENT and consent.basis == ConsentBasis.CONSENT and not later:
            row.lifted_at = row.lifted_at or consent.given_at
            row.lifted_by = row.lifted_by or f"consent: {consent.source}"


def withdraw(
    session: Session, *, now: datetime, customer_id: str | None = None, address: str | None = None
) -> int:
    """End the consents of a customer or an address; returns how many. The rows stay as evidence."""
    hashes = [address_hash(key_of(session), address)] if address else []
    return _withdraw(repository.consents_of(session, [customer_id] if customer_id else [], hashes), now)


def _withdraw(found: Collection[Consent], now: datetime) -> int:
    ended = [row for row in found if row.withdrawn_at is None]
    for row in ended:
        row.withdrawn_at = now
    return len(ended)


def declare_suppressions(session: Session, *, now: datetime) -> None:
    """Old suppressions have been imported, or there are none: from now on marketing mail may leave."""
    key_of(session)  # there is an installation
    row = gates.installation(session)
    if row is not None and row.suppressions_known_at is None:
        row.suppressions_known_at = now
        session.flush()
