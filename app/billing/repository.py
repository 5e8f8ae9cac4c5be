"""Reads and writes of the provider's objects, by the hundred."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import Table, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.billing.models import Customer, Invoice, Payment, PaymentMethod, Subscription
from app.billing.states import (
    CustomerState,
    InvoiceState,
    PaymentMethodState,
    PaymentState,
    ProviderState,
    SubscriptionState,
)

State = TypeVar("State", bound=ProviderState)

TABLES: dict[Any, Any] = {
    CustomerState: Customer.__table__,
    SubscriptionState: Subscription.__table__,
    InvoiceState: Invoice.__table__,
    PaymentState: Payment.__table__,
    PaymentMethodState: PaymentMethod.__table__,
}


def table_of(state_type: Any) -> Table:
    table: Table = TABLES[state_type]
    return table


def load(session: Session, state_type: type[State], ids: Collection[str]) -> dict[str, State]:
    """Rows by id; unknown ids are absent."""
    return _load(session, state_type, table_of(state_type).c.id.in_(sorted(ids))) if ids else {}


def _load(session: Session, state_type: type[State], condition: Any) -> dict[str, State]:
    columns = [table_of(state_type).c[f.name] for f in fields(state_type)]
    rows = session.execute(select(*columns).where(condition))
    return {row[0]: state_type(*row) for row in rows}


def invoices_of(session: Session, customer_ids: Collection[str]) -> dict[str, InvoiceState]:
    """Every invoice of these customers that ever failed, and every one that is open."""
    c = table_of(InvoiceState).c
    wanted = or_(c.failed_at.is_not(None), c.status.in_(("open", "uncollectible")))
    return (
        _load(session, InvoiceState, c.customer_id.in_(sorted(customer_ids)) & wanted) if customer_ids else {}
    )


def open_failed_invoices(session: Session) -> list[InvoiceState]:
    """Every invoice that failed and is still open by our rows."""
    c = table_of(InvoiceState).c
    condition = c.failed_at.is_not(None) & c.status.in_(("open", "uncollectible"))
    return list(_load(session, InvoiceState, condition).values())


def subscriptions_of(session: Session, customer_ids: Collection[str]) -> dict[str, SubscriptionState]:
    condition = table_of(SubscriptionState).c.customer_id.in_(sorted(customer_ids))
    return _load(session, SubscriptionState, condition) if customer_ids else {}


def payments_of_invoices(session: Session, invoice_ids: Collection[str]) -> dict[str, PaymentState]:
    condition = table_of(PaymentState).c.invoice_id.in_(sorted(invoice_ids))
    return _load(session, PaymentState, condition) if invoice_ids else {}


def unlinked_payments(session: Session, customer_ids: Collection[str]) -> dict[str, PaymentState]:
    """Payments of these customers of which we do not know what they are for."""
    c = table_of(PaymentState).c
    condition = c.customer_id.in_(sorted(customer_ids)) & c.invoice_id.is_(None)
    return _load(session, PaymentState, condition) if customer_ids else {}


def payments_by_charge(session: Session, charge_ids: Collection[str]) -> dict[str, PaymentState]:
    condition = table_of(PaymentState).c.charge_id.in_(sorted(charge_ids))
    return _load(session, PaymentState, condition) if charge_ids else {}


def methods_of(session: Session, customer_ids: Collection[str]) -> dict[str, PaymentMethodState]:
    condition = table_of(PaymentMethodState).c.customer_id.in_(sorted(customer_ids))
    return _load(session, PaymentMethodState, condition) if customer_ids else {}


def lock_customers(session: Session, unseen: Iterable[CustomerState]) -> None:
    """Make sure these customers have a row, then hold their rows until the transaction ends.

    Sorted, so that two workers never wait for each other; on SQLite the transaction itself is the lock.
    """
    states = sorted(unseen, key=lambda s: s.id)
    if not states:
        return
    table = table_of(CustomerState)
    insert = _insert(session)(table).on_conflict_do_nothing()
    session.execute(insert, [_row(s) for s in states])
    if session.get_bind().dialect.name == "postgresql":
        ids = [s.id for s in states]
        session.execute(select(table.c.id).where(table.c.id.in_(ids)).order_by(table.c.id).with_for_update())


def save(session: Session, states: Collection[ProviderState]) -> None:
    """Write whole rows of one kind, new ones and known ones alike."""
    if not states:
        return
    ordered = sorted(states, key=lambda s: s.id)
    table = table_of(type(ordered[0]))
    insert = _insert(session)(table)
    changes = {c.name: insert.excluded[c.name] for c in table.c if c.name != "id"}
    statement = insert.on_conflict_do_update(index_elements=["id"], set_=changes)
    session.execute(statement, [_row(s) for s in ordered])


def _row(state: ProviderState) -> dict[str, Any]:
    """The state as a row. Not `asdict`, which copies every value and takes ten times as long."""
    return {column.name: getattr(state, column.name) for column in table_of(type(state)).c}


def _insert(session: Session) -> Any:
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
