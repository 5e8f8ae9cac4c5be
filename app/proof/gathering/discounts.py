"""What offers took off invoices: missing from what was received already, and told beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.billing.models import Invoice
from app.cases.models import Case
from app.cases.states import CaseKind
from app.offers.models import Grant
from app.proof.gathering.drawn import could_be_either, stream
from app.stats.offers_raw import DISCOUNTS
from app.stats.offers_rules import FULL_FROM

RENEWAL, FIRST = "subscription_cycle", "subscription_create"


@dataclass(frozen=True, slots=True)
class TakenOff:
    """What one paid invoice was cheaper."""

    paid_at: datetime
    amount_minor: int


def discounts(session: Session, kind: CaseKind) -> dict[str, list[TakenOff]]:
    """By case, and in all never more than the terms of the offer say."""
    paid = and_(
        Invoice.customer_id == Grant.customer_id,
        Invoice.subscription_id == Grant.subscription_id,
        func.coalesce(Invoice.status, "") == "paid",  # in a guise: or SQLite reads all that was ever paid
        Invoice.paid_at >= Case.opened_at,
    )
    query = (
        select(
            Grant.id, Grant.case_id, Grant.terms, Grant.applied_at, Grant.full_charge_at,
            Invoice.created_at, Invoice.paid_at, Invoice.billing_reason,
        )
        .join(Case, Case.id == Grant.case_id)
        .join(Invoice, paid)
        .where(*could_be_either(kind), Grant.kind.in_(DISCOUNTS), Grant.applied_at.is_not(None))
        .order_by(Grant.id, Invoice.paid_at, Invoice.id)
    )  # fmt: skip
    found: dict[str, list[TakenOff]] = {}
    rest: dict[str, int] = {}
    for row in stream(session, query):
        terms, left = row.terms, rest.get(row.id, row.terms.get("saved_minor") or 0)
        off = (terms.get("price_minor") or 0) - (terms.get("charged_minor") or 0)
        if _is_cheaper(row) and min(off, left) > 0:
            found.setdefault(row.case_id, []).append(TakenOff(row.paid_at, min(off, left)))
            rest[row.id] = left - min(off, left)
    return found


def _is_cheaper(row: Any) -> bool:
    """A renewal between the offer and the full price, or the first invoice of who came back by the offer, which the
    provider makes before we hear of it."""
    if row.full_charge_at is None:
        return False
    created_at = row.created_at or row.paid_at
    begun: bool = row.billing_reason == FIRST or (
        row.billing_reason == RENEWAL and created_at >= row.applied_at
    )
    return begun and bool(created_at < row.full_charge_at - FULL_FROM)
