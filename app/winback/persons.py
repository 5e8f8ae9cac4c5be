"""Customers of the provider who are one person, for win-back: also those that merely have the same address on file.

Somebody who subscribes anew often does so as a new customer, whom nobody has written to yet.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import CustomerState
from app.cases.twins import same_person
from app.contacts.service import hashed


def twins_of(session: Session, customers: Mapping[str, CustomerState]) -> dict[str, frozenset[str]]:
    """The other customers of the same person, by customer."""
    sharing = billing.sharing_addresses(session, [c.email for c in customers.values() if c.email])
    addresses = {key: c.email for key, c in customers.items()} | dict(sharing)
    found = same_person(session, {key: hashed(session, email) for key, email in addresses.items()})
    return {key: found.get(key, frozenset()) for key in customers}
