"""Paid invoices as receipts: what came and stayed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.billing.models import Invoice
from app.billing.states import InvoiceState
from app.dunning.rules.cases import returned
from app.stats.offers_rules import Receipt

INVOICE_COLUMNS = (
    Invoice.id,
    Invoice.seen_at,
    Invoice.created_at,
    Invoice.paid_at,
    Invoice.amount_paid_minor,
    Invoice.refunded_minor,
    Invoice.disputed_at,
    Invoice.dispute_status,
    Invoice.billing_reason,
)


def receipt(columns: Sequence[Any]) -> Receipt:
    """A paid invoice, read by `INVOICE_COLUMNS`. What went back is told as for late invoices: refunds, and all of
    it after a lost or an early dispute."""
    key, seen_at, created_at, paid_at, paid, refunded, disputed_at, dispute_status, why = columns
    state = InvoiceState(
        id=key,
        seen_at=seen_at,
        seen_live=False,
        status="paid",
        amount_paid_minor=paid,
        paid_at=paid_at,
        refunded_minor=refunded,
        disputed_at=disputed_at,
        dispute_status=dispute_status,
    )
    return Receipt(created_at or paid_at, paid_at, paid - returned(state), why == "subscription_cycle")
