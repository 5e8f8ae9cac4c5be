"""What the merchant tells us of a customer: merged into what was told before, and written down as an act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.contacts import repository
from app.contacts.models import Addressee, CustomerFacts
from app.contacts.service import hashed
from app.contacts.states import AddresseeRole, Channel, Flag
from app.core import acts
from app.core.marks import note


@dataclass(frozen=True, slots=True)
class SecondPerson:
    """A second addressee."""

    email: str
    name: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """Changes: what is absent stays as it is. None for a zone, a language, a person or a value takes it away."""

    places: Mapping[str, str | None] = field(default_factory=dict)  # "language", "time_zone"
    channels: Mapping[Channel, bool] = field(default_factory=dict)
    flags: Mapping[Flag, bool] = field(default_factory=dict)
    addressees: Mapping[AddresseeRole, SecondPerson | None] = field(default_factory=dict)
    usage: Mapping[str, Any] = field(default_factory=dict)
    opportunity: Mapping[str, Any] = field(default_factory=dict)


def tell(
    session: Session, customer_id: str, told: Told, *, who: str, why: str | None, now: datetime
) -> CustomerFacts:
    """Merge the changes and note who made them; returns the whole."""
    row = session.get(CustomerFacts, customer_id, with_for_update=True)
    if row is None:
        row = CustomerFacts(customer_id=customer_id, channels={}, flags=[], usage={}, opportunity={})
        row.updated_at, row.updated_by = now, who
        session.add(row)
        session.flush()
    before = _picture(session, row)
    for name, place in told.places.items():
        setattr(row, name, place)
    row.channels = {**row.channels, **{c.value: may for c, may in told.channels.items()}}
    flags = {Flag(f): True for f in row.flags} | dict(told.flags)
    row.flags = sorted(flag.value for flag, on in flags.items() if on)
    row.usage, row.opportunity = _merged(row.usage, told.usage), _merged(row.opportunity, told.opportunity)
    row.updated_at, row.updated_by = now, who
    _merge_addressees(session, customer_id, told.addressees)
    session.flush()
    after = _picture(session, row)
    if after != before:
        note(session, CustomerFacts.__tablename__, [customer_id])
        changed = {key for key in after if after[key] != before[key]}
        acts.record(
            session,
            "facts.put",
            who=who,
            subject=customer_id,
            why=why,
            before={k: v for k, v in before.items() if k in changed},
            after={k: v for k, v in after.items() if k in changed},
            now=now,
        )
    return row


def _merged(known: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in {**known, **changes}.items() if v is not None}


def _merge_addressees(
    session: Session, customer_id: str, changes: Mapping[AddresseeRole, SecondPerson | None]
) -> None:
    for role, person in changes.items():
        row = session.get(Addressee, (customer_id, role.value))
        if person is None:
            if row is not None:
                session.delete(row)
            continue
        if row is None:
            row = Addressee(customer_id=customer_id, role=role.value)
            session.add(row)
        row.email, row.name, row.language = person.email, person.name, person.language


def _picture(session: Session, row: CustomerFacts) -> dict[str, Any]:
    """The facts as the act keeps them: addresses only as hashes, so that an erasure need not look here."""
    people = repository.addressees_of(session, [row.customer_id])[row.customer_id]
    return {
        "language": row.language,
        "time_zone": row.time_zone,
        "channels": row.channels,
        "flags": row.flags,
        "usage": row.usage,
        "opportunity": row.opportunity,
        "addressees": {p.role: hashed(session, p.email) for p in people},
    }
