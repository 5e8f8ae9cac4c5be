"""Who is compared with the hold-out: each customer's first case of a time. Definitions: offers_holdout.py."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import Session

from app.billing.models import Customer, Invoice, Subscription
from app.billing.states import TERMINAL_SUBSCRIPTION
from app.cancellation.models import CancelVisit
from app.cancellation.rules.policy import HOLDOUT
from app.cases.models import Case
from app.experiments.rules import Period
from app.offers.models import Grant
from app.offers.states import OfferKind
from app.stats.cancellations_raw import currency_of, opened_in
from app.stats.offers_holdout import Compared
from app.stats.offers_receipts import INVOICE_COLUMNS, receipt
from app.stats.offers_rules import Receipt
from app.stats.rules import Window


def compared(session: Session, window: Window, *, currency: str | None = None) -> list[Compared]:
    """Each customer's first case with a visit, of those who could have been held out.

    Whoever came to their arm while there was no hold-out could not have been held out, and is in neither arm.
    """
    query = (
        select(
            Case.id,
            Case.customer_id,
            Case.opened_at,
            Case.experiment,
            Case.experiment_arm,
            Subscription.status,
            Subscription.cancel_at,
            Subscription.canceled_at,
            Subscription.ended_at,
            Subscription.items,
            Customer.currency,
        )
        .select_from(Case)
        .join(Subscription, Subscription.id == Case.subject_id)
        .outerjoin(Customer, Customer.id == Case.customer_id)
        .where(*_comparable(window))
        .order_by(Case.opened_at, Case.id)
    )
    receipts, in_kind = _receipts(session, window), _in_kind(session, window)
    found: dict[str, Compared] = {}
    for case_id, customer, opened_at, name, arm, status, *dates, items, customer_currency in session.execute(
        query
    ):
        paid_in = currency_of(items, customer_currency)
        if customer in found or paid_in is None or currency not in (None, paid_in):
            continue
        if not Period.of(name).could_be_either:
            continue
        found[customer] = Compared(
            opened_at=opened_at,
            currency=paid_in,
            held_out=arm == HOLDOUT,
            left_at=left_at(status, *dates),
            in_kind_minor=in_kind.get(case_id, 0),
            receipts=tuple(receipts.get(case_id, ())),
        )
    return list(found.values())


def _comparable(window: Window) -> list[Any]:
    """All who are meant and, with several arms, others whose chance is below 1. Their period tells them apart."""
    visited = exists().where(CancelVisit.case_id == Case.id)
    return [*opened_in(window), Case.experiment.is_not(None), Case.propensity < 1, visited]


def left_at(
    status: str, cancel_at: datetime | None, canceled_at: datetime | None, ended_at: datetime | None
) -> datetime | None:
    """When a customer left: the day they said so, as the end of a year's plan may be far away."""
    if status not in TERMINAL_SUBSCRIPTION and cancel_at is None:
        return None
    return canceled_at or ended_at or cancel_at


def _receipts(session: Session, window: Window) -> dict[str, list[Receipt]]:
    paid_since = and_(
        Invoice.customer_id == Case.customer_id,
        Invoice.subscription_id == Case.subject_id,
        func.coalesce(Invoice.status, "") == "paid",  # in a guise: or SQLite reads all that was ever paid
        Invoice.paid_at >= Case.opened_at,
    )
    query = select(Case.id, *INVOICE_COLUMNS).join(Invoice, paid_since).where(*_comparable(window))
    found: dict[str, list[Receipt]] = {}
    for case_id, *columns in session.execute(query):
        found.setdefault(case_id, []).append(receipt(columns))
    return found


def _in_kind(session: Session, window: Window) -> dict[str, int]:
    """What the benefits of a case cost that no invoice shows."""
    query = (
        select(Grant.case_id, func.sum(Grant.cost_minor))
        .join(Case, Case.id == Grant.case_id)
        .where(*_comparable(window), Grant.kind == OfferKind.UPGRADE, Grant.applied_at.is_not(None))
        .group_by(Grant.case_id)
    )
    return {case_id: int(total) for case_id, total in session.execute(query)}
