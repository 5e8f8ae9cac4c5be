"""Withdrawing from a new contract: open until when, and taking the declaration in. Nothing is refunded by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.models import Subscription
from app.billing.states import CustomerState, SubscriptionState
from app.cancellation.declarations import TASK_PREFIX, Declaration, DeclarationKind, DeclarationState
from app.cancellation.declarations_desk import store, written
from app.cancellation.declarations_mails import acknowledge, label_of, living_in
from app.cancellation.place import whereabouts
from app.cancellation.rules.presets import Preset, preset_for
from app.cancellation.rules.withdrawal import REFUND_WITHIN, open_until
from app.contacts.rules.place import Place
from app.contacts.rules.policy import Terms
from app.outbox.service import open_task


@dataclass(frozen=True, slots=True)
class Withdrawable:
    """A contract as the withdrawal page needs it. `until` None: there is no such right; `declared`: it was used."""

    customer: CustomerState
    contract: SubscriptionState
    preset: Preset
    place: Place
    until: datetime | None
    declared: Declaration | None = None

    def is_open(self, now: datetime) -> bool:
        return self.declared is None and self.until is not None and now < self.until

    @property
    def label(self) -> str:
        return label_of(self.contract) or self.contract.id


def withdrawable(
    session: Session, customer_id: str, subscription_id: str, terms: Terms
) -> Withdrawable | None:
    """The contract, if we know it and it is this customer's."""
    customer = billing.load(session, CustomerState, [customer_id]).get(customer_id)
    contract = billing.load(session, SubscriptionState, [subscription_id]).get(subscription_id)
    if customer is None or customer.deleted or contract is None or contract.customer_id != customer_id:
        return None
    preset = preset_for(whereabouts(session, customer_id))
    place = living_in(session, customer, terms)
    began = contract.created_at
    until = open_until(began, preset.withdrawal_days, place.zone.info) if began else None
    declared = session.scalar(select(Declaration).where(Declaration.key == _key(subscription_id)))
    return Withdrawable(customer, contract, preset, place, until, declared)


def withdraw(
    session: Session, found: Withdrawable, content: dict[str, Any], terms: Terms, *, now: datetime
) -> Declaration | None:
    """Store the withdrawal with its time, acknowledge it, and ask a person to refund; None if it is too late.

    A contract is withdrawn from once: told again it is the first declaration that counts.
    """
    contract = found.contract
    session.execute(select(Subscription.id).where(Subscription.id == contract.id).with_for_update())
    known = session.scalar(select(Declaration).where(Declaration.key == _key(contract.id)))
    if known is not None:
        return known
    if not found.is_open(now):
        return None
    row = store(
        session,
        DeclarationKind.WITHDRAWAL,
        content,
        key=_key(contract.id),
        preset=found.preset,
        locale=found.place.language.tag,
        state=DeclarationState.TASK,
        customer_id=found.customer.id,
        subscription_id=contract.id,
        now=now,
    )
    if found.customer.email:
        acknowledge(session, row, found.customer, contract, terms, now=now)
    open_task(
        session,
        key=f"{TASK_PREFIX}{row.id}",
        kind="refund_after_withdrawal",
        title="A customer has withdrawn from a contract: end it and pay back what was paid",
        detail=f"{found.label} ({contract.id}), received {now:%Y-%m-%d %H:%M} UTC.\n{written(content)}",
        customer_id=found.customer.id,
        due_at=now + REFUND_WITHIN,
        now=now,
    )
    return row


def _key(subscription_id: str) -> str:
    return f"withdrawal:{subscription_id}"
