"""Reads and writes of the provider's objects, by the hundred."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields, replace
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Select, Table, bindparam, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.billing.models import Customer, Invoice, Payment, PaymentMethod, Subscription
from app.billing.projection.payments import DISPUTE_FINAL
from app.billing.states import (
    TERMINAL_SUBSCRIPTION,
    CustomerState,
    InvoiceState,
    PaymentMethodState,
    PaymentState,
    ProviderState,
    SubscriptionState,
)
from app.core import marks

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


def _select(state_type: Any, column: str | None, *conditions: Any) -> Select[Any]:
    """Rows whose `column` is one of `keys`. Built once: building a statement takes longer than running it."""
    table = table_of(state_type)
    statement = select(*(table.c[f.name] for f in fields(state_type))).where(*conditions)
    return (
        statement
        if column is None
        else statement.where(table.c[column].in_(bindparam("keys", expanding=True)))
    )


_invoice, _payment = table_of(InvoiceState).c, table_of(PaymentState).c
_UNPAID = _invoice.status.in_(("open", "uncollectible"))
_BY_ID = {state_type: _select(state_type, "id") for state_type in TABLES}
_INVOICES_OF = _select(InvoiceState, "customer_id", or_(_invoice.failed_at.is_not(None), _UNPAID))
_PAID_INVOICES_OF = _select(InvoiceState, "customer_id", _invoice.status == "paid")
_OPEN_FAILED = _select(InvoiceState, None, _invoice.failed_at.is_not(None), _UNPAID)
_SUBSCRIPTIONS_OF = _select(SubscriptionState, "customer_id")
_PAYMENTS_OF_INVOICES = _select(PaymentState, "invoice_id")
_UNLINKED_PAYMENTS = _select(PaymentState, "customer_id", _payment.invoice_id.is_(None))
_PAYMENTS_BY_CHARGE = _select(PaymentState, "charge_id")
_METHODS_OF = _select(PaymentMethodState, "customer_id")


def load(session: Session, state_type: type[State], ids: Collection[str]) -> dict[str, State]:
    """Rows by id; unknown ids are absent."""
    return _load(session, state_type, _BY_ID[state_type], ids)


def pictured_at(
    session: Session, state_type: type[ProviderState], ids: Collection[str]
) -> dict[str, datetime]:
    """Of when our picture of each of these objects is; what is not known is absent."""
    return {k: row.seen_at for k, row in load(session, state_type, ids).items()}


def _load(
    session: Session, state_type: type[State], statement: Any, keys: Collection[str]
) -> dict[str, State]:
    if not keys:
        return {}
    rows = session.connection().execute(statement, {"keys": sorted(keys)})
    return {row[0]: state_type(*row) for row in rows}


def invoices_of(session: Session, customer_ids: Collection[str]) -> dict[str, InvoiceState]:
    """Every invoice of these customers that ever failed, and every one that is open."""
    return _load(session, InvoiceState, _INVOICES_OF, customer_ids)


def paid_invoices_of(session: Session, customer_ids: Collection[str]) -> dict[str, InvoiceState]:
    """Every paid invoice of these customers."""
    return _load(session, InvoiceState, _PAID_INVOICES_OF, customer_ids)


def open_failed_invoices(session: Session) -> list[InvoiceState]:
    """Every invoice that failed and is still open by our rows."""
    return [InvoiceState(*row) for row in session.connection().execute(_OPEN_FAILED)]


def subscriptions_of(session: Session, customer_ids: Collection[str]) -> dict[str, SubscriptionState]:
    return _load(session, SubscriptionState, _SUBSCRIPTIONS_OF, customer_ids)


def payments_of_invoices(session: Session, invoice_ids: Collection[str]) -> dict[str, PaymentState]:
    return _load(session, PaymentState, _PAYMENTS_OF_INVOICES, invoice_ids)


def unlinked_payments(session: Session, customer_ids: Collection[str]) -> dict[str, PaymentState]:
    """Payments of these customers of which we do not know what they are for."""
    return _load(session, PaymentState, _UNLINKED_PAYMENTS, customer_ids)


def payments_by_charge(session: Session, charge_ids: Collection[str]) -> dict[str, PaymentState]:
    return _load(session, PaymentState, _PAYMENTS_BY_CHARGE, charge_ids)


def methods_of(session: Session, customer_ids: Collection[str]) -> dict[str, PaymentMethodState]:
    return _load(session, PaymentMethodState, _METHODS_OF, customer_ids)


def disputing(session: Session, customer_ids: Collection[str]) -> set[str]:
    """Those of these customers with a dispute that is not yet closed."""
    query = select(Payment.customer_id).where(
        Payment.customer_id.in_(sorted(customer_ids)),
        Payment.dispute_status.is_not(None),
        Payment.dispute_status.not_in(DISPUTE_FINAL),
    )
    return {c for c in session.scalars(query) if c}


def sharing_addresses(session: Session, emails: Collection[str]) -> list[tuple[str, str]]:
    """`(customer, address)` of customers that are not deleted, whose address is one of these in any case of letters."""
    wanted = sorted({e.strip().lower() for e in emails if e})
    if not wanted:
        return []
    query = select(Customer.id, Customer.email).where(
        func.lower(Customer.email).in_(wanted), Customer.deleted.is_(False)
    )
    return [(row.id, row.email or "") for row in session.execute(query)]


def lock_customers(session: Session, unseen: Iterable[CustomerState]) -> None:
    """Make sure these customers have a row, then hold their rows until the transaction ends.

    Sorted, so that two workers never wait for each other; on SQLite the transaction itself is the lock.
    """
    states = sorted(unseen, key=lambda s: s.id)
    if not states:
        return
    table = table_of(CustomerState)
    dialect = session.get_bind().dialect.name
    session.connection().execute(_insert_if_new(dialect), [_row(s) for s in states])
    if dialect == "postgresql":
        ids = [s.id for s in states]
        session.execute(select(table.c.id).where(table.c.id.in_(ids)).order_by(table.c.id).with_for_update())


def save(
    session: Session, states: Collection[ProviderState], before: Mapping[str, ProviderState] | None = None
) -> None:
    """Write whole rows of one kind, new ones and known ones alike. `before`: as they were."""
    if not states:
        return
    ordered = sorted(states, key=lambda s: s.id)
    statement = _upsert(session.get_bind().dialect.name, table_of(type(ordered[0])))
    session.connection().execute(statement, [_row(s) for s in ordered])
    for state in ordered:
        _mark(session, state, (before or {}).get(state.id))


def _mark(session: Session, state: Any, before: Any) -> None:
    """Tell the figures. That a plan was renewed is told by its invoice."""
    match state:
        case CustomerState():
            if before is None or before.currency != state.currency:
                marks.note(session, Customer.__tablename__, [state.id])
        case SubscriptionState():
            if before is None or not _only_renewed(before, state):
                marks.note(session, Subscription.__tablename__, [state.customer_id])
        case InvoiceState():
            day = marks.day_of(state.created_at)
            marks.note(session, Invoice.__tablename__, [state.customer_id], day)


def _only_renewed(before: SubscriptionState, after: SubscriptionState) -> bool:
    """Whether nothing but the period of a running subscription has changed."""
    if after.status in TERMINAL_SUBSCRIPTION:
        return False
    term = ("seen_at", "seen_live", "period_start_at", "period_end_at", "latest_invoice_id")
    return replace(before, **{name: getattr(after, name) for name in term}) == after


def _row(state: ProviderState) -> dict[str, Any]:
    """The state as a row. Not `asdict`, which copies every value and takes ten times as long."""
    return {column.name: getattr(state, column.name) for column in table_of(type(state)).c}


_INSERT: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


@cache
def _insert_if_new(dialect: str) -> Any:
    return _INSERT[dialect](table_of(CustomerState)).on_conflict_do_nothing()


@cache
def _upsert(dialect: str, table: Table) -> Any:
    insert = _INSERT[dialect](table)
    changes = {c.name: insert.excluded[c.name] for c in table.c if c.name != "id"}
    return insert.on_conflict_do_update(index_elements=["id"], set_=changes)
