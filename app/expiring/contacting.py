"""Who at a customer is told that a card is to expire: the customer, then the second addressees."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.contacts import repository as contacts
from app.contacts.rules.place import Language
from app.contacts.states import AddresseeRole
from app.expiring.desk import Desk
from app.expiring.mails import Addressed


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a notice. `role`: None for the customer."""

    to: Addressed
    role: AddresseeRole | None = None


def people(desk: Desk) -> list[Recipient]:
    """Everybody who gets notices and has an address, the customer first."""
    to = desk.addressed
    found = [Recipient(to)] if desk.customer.email else []
    for row in contacts.addressees_of(desk.session, [desk.customer.id])[desk.customer.id]:
        person = replace(desk.customer, email=row.email, name=row.name)
        language = Language(row.language, "facts") if row.language else to.place.language
        second = replace(
            to, payer=replace(to.payer, customer=person), place=replace(to.place, language=language)
        )
        found.append(Recipient(second, AddresseeRole(row.role)))
    return found
