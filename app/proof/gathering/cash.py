"""What came of a customer in cash, and what a plan would have brought in three months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from app.billing.models import Invoice, Subscription
from app.cases.models import Case
from app.cases.states import CaseKind
from app.offers.models import Grant
from app.offers.states import OfferKind
from app.proof.gathering.discounts import TakenOff, discounts
from app.proof.gathering.drawn import could_be_either, stream
from app.proof.rules.told import Parts
from app.stats.offers_receipts import INVOICE_COLUMNS, receipt
from app.stats.offers_rules import Receipt

MONTHS_A = {"day": 12 / 365, "week": 84 / 365, "month": 1.0, "year": 12.0}
QUARTER = 3


@dataclass(frozen=True, slots=True)
class Cash:
    """What came of the cases of an experiment, each by its id."""

    receipts: Mapping[str, Sequence[Receipt]]
    in_kind: Mapping[str, int]
    discounts: Mapping[str, Sequence[TakenOff]]

    def between(self, case_id: str, since: datetime, until: datetime) -> Parts:
        """Of one case within a time; benefits that no invoice shows count whole from the first day."""
        return Parts(
            sum(r.kept_minor for r in self.receipts.get(case_id, ()) if since <= r.paid_at < until),
            self.in_kind.get(case_id, 0),
            sum(d.amount_minor for d in self.discounts.get(case_id, ()) if since <= d.paid_at < until),
        )


def cash_of(session: Session, kind: CaseKind, *, also_new: bool) -> Cash:
    """Everything that came; `also_new` as in `receipts_since`."""
    receipts = receipts_since(session, kind, also_new=also_new)
    return Cash(receipts, in_kind(session, kind), discounts(session, kind))


def quarter_minor(item: Mapping[str, Any]) -> int | None:
    """Three months of a price, in minor units; None where the price is not known.

    348.00 a year are 87.00, whatever day the year ends on.
    """
    amount, interval = item.get("amount_minor"), item.get("interval")
    if amount is None or interval not in MONTHS_A:
        return None
    months = MONTHS_A[interval] * (item.get("interval_count") or 1)
    return round(QUARTER * int(amount) * (item.get("quantity") or 1) / months)


def receipts_since(session: Session, kind: CaseKind, *, also_new: bool) -> dict[str, list[Receipt]]:
    """What was paid for the subscription of each case since the case began.

    `also_new`: and for subscriptions that the customer began after it; others that ran all along tell nothing.
    """
    mine: ColumnElement[bool] = Invoice.subscription_id == Case.subject_id
    if also_new:
        mine = or_(mine, Subscription.created_at >= Case.opened_at)
    paid_since = and_(
        Invoice.customer_id == Case.customer_id,
        func.coalesce(Invoice.status, "") == "paid",  # in a guise: or SQLite reads all that was ever paid
        Invoice.paid_at >= Case.opened_at,
    )
    query = select(Case.id.label("case_id"), *INVOICE_COLUMNS).join(Invoice, paid_since)
    if also_new:
        query = query.outerjoin(Subscription, Subscription.id == Invoice.subscription_id)
    found: dict[str, list[Receipt]] = {}
    for row in stream(session, query.where(mine, *could_be_either(kind))):
        found.setdefault(row[0], []).append(receipt(row[1:]))
    return found


def in_kind(session: Session, kind: CaseKind) -> dict[str, int]:
    """What the benefits of each case cost that no invoice shows."""
    query = (
        select(Grant.case_id, func.sum(Grant.cost_minor))
        .join(Case, Case.id == Grant.case_id)
        .where(*could_be_either(kind), Grant.kind == OfferKind.UPGRADE.value, Grant.applied_at.is_not(None))
        .group_by(Grant.case_id)
    )
    return {case_id: int(total) for case_id, total in session.execute(query)}
