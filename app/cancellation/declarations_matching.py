"""Whose contract a declaration is about, by our rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.models import Customer, Subscription
from app.billing.states import TERMINAL_SUBSCRIPTION, CustomerState, SubscriptionState
from app.contacts.address import normalised
from app.core.errors import InvalidInput

MOST_CONTRACTS = 5


@dataclass(frozen=True, slots=True)
class Match:
    """The address on file, whose it is, and the contracts that may be meant, newest first."""

    customer: CustomerState
    contracts: tuple[SubscriptionState, ...]

    @property
    def email(self) -> str:
        return self.customer.email or ""


def match(session: Session, content: dict[str, Any]) -> Match | None:
    """By the contract's or customer's number if it is one of ours, else by the address; None where neither leads on.

    Living contracts only. Of customers that share the address all contracts are found.
    """
    number = content.get("contract", "")
    people = _by_number(session, number) or _by_address(session, content.get("email", ""))
    people = {key: who for key, who in people.items() if who.email and not who.deleted}
    living = [
        contract
        for contract in billing.subscriptions_of(session, people).values()
        if contract.status not in TERMINAL_SUBSCRIPTION
    ]
    meant = [contract for contract in living if contract.id == number] or living
    meant.sort(key=lambda contract: (contract.created_at or contract.seen_at, contract.id), reverse=True)
    if not meant:
        return None
    return Match(people[meant[0].customer_id or ""], tuple(meant[:MOST_CONTRACTS]))


def _by_number(session: Session, number: str) -> dict[str, CustomerState]:
    if not number:
        return {}
    holder = session.scalar(select(Subscription.customer_id).where(Subscription.id == number))
    return billing.load(session, CustomerState, [holder or number])


def _by_address(session: Session, typed: str) -> dict[str, CustomerState]:
    try:
        wanted = normalised(typed)
    except InvalidInput:
        return {}
    spellings = {wanted, typed.strip().lower()}
    query = select(Customer.id).where(or_(*(func.lower(Customer.email) == s for s in sorted(spellings))))
    found = billing.load(session, CustomerState, list(session.scalars(query)))
    return {key: who for key, who in found.items() if _is(who.email, wanted)}


def _is(email: str | None, wanted: str) -> bool:
    try:
        return normalised(email or "") == wanted
    except InvalidInput:
        return False
