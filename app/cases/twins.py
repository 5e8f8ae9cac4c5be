"""Customers of the provider who are one person, found by indexes for many at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.billing.models import PaymentMethod
from app.contacts.models import ContactLog
from app.contacts.rules import twins


def same_person(session: Session, customers: Mapping[str, str | None]) -> dict[str, frozenset[str]]:
    """The other customers with the same card, or with the same address that was written to.

    `customers`: the hash of the address by customer id, None where there is none.
    """
    own = select(PaymentMethod.fingerprint).where(
        PaymentMethod.customer_id.in_(sorted(customers)), PaymentMethod.fingerprint.is_not(None)
    )
    cards = {f for f in session.scalars(own.distinct()) if f}
    hashes = {h for h in customers.values() if h}
    traits = [(c, h) for c, h in customers.items() if h]
    traits += _holders_of_cards(session, cards) + _holders_of_addresses(session, hashes)
    return twins.same_person(customers, traits)


def _holders_of_cards(session: Session, fingerprints: Collection[str]) -> list[tuple[str, str]]:
    if not fingerprints:
        return []
    query = select(PaymentMethod.customer_id, PaymentMethod.fingerprint).where(
        PaymentMethod.fingerprint.in_(sorted(fingerprints))
    )
    return [(c, f) for c, f in session.execute(query) if c and f]


def _holders_of_addresses(session: Session, hashes: Collection[str]) -> list[tuple[str, str]]:
    if not hashes:
        return []
    query = select(ContactLog.customer_id, ContactLog.address_hash).where(
        ContactLog.address_hash.in_(sorted(hashes))
    )
    return [(c, h) for c, h in session.execute(query.distinct()) if h]
