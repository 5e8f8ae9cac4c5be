"""Reads of late invoices."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.billing.models import Invoice
from app.dunning.models import DunningInvoice


def invoices_in_cases(session: Session, customer_ids: Collection[str]) -> dict[str, DunningInvoice]:
    """Late invoices of these customers that belong to a case, by invoice id."""
    query = select(DunningInvoice).where(DunningInvoice.customer_id.in_(sorted(customer_ids)))
    return {row.invoice_id: row for row in session.scalars(query)}


def debts_of(session: Session, case_id: str) -> list[DunningInvoice]:
    query = select(DunningInvoice).where(DunningInvoice.case_id == case_id)
    return list(session.scalars(query.order_by(DunningInvoice.failed_at, DunningInvoice.invoice_id)))


_invoice = Invoice.__table__.c
_WITH_FAILURES = (
    select(_invoice.customer_id)
    .where(_invoice.customer_id.in_(bindparam("customers", expanding=True)), _invoice.failed_at.is_not(None))
    .distinct()
)


def with_failures(session: Session, customer_ids: Collection[str]) -> set[str]:
    """Those of these customers who ever had a failed invoice."""
    if not customer_ids:
        return set()
    return set(session.connection().execute(_WITH_FAILURES, {"customers": sorted(customer_ids)}).scalars())
