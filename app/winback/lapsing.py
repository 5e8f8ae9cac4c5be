"""Lapses follow subscriptions: whatever order the events come in, the row says the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.naming import plan_of
from app.billing.states import InvoiceState, SubscriptionState
from app.cancellation.models import CancelVisit
from app.cases.models import Case
from app.cases.states import CaseKind, Outcome
from app.winback import repository
from app.winback.models import Lapse
from app.winback.rules.lapse import Ended, Told, judge
from app.winback.states import LapseState

MAY_LAPSE = ("canceled", "unpaid")


@dataclass(frozen=True, slots=True)
class Books:
    """What is known of some customers' subscriptions. `visits` are the newest by subscription."""

    subscriptions: Mapping[str, SubscriptionState]
    visits: Mapping[str, CancelVisit]
    reasons: Mapping[str, str]
    lost_at: Mapping[str, datetime]
    paid: Mapping[str, Sequence[InvoiceState]]

    def ended(self, subscription: SubscriptionState) -> Ended | None:
        """How one of them ended or is about to; None: it goes on, or never began."""
        return judge(subscription, _told(self, subscription))


def follow(session: Session, customer_ids: Collection[str], *, now: datetime) -> None:
    """Bring the lapses of these customers in line with their subscriptions."""
    subscriptions = billing.subscriptions_of(session, customer_ids)
    candidates = {s.id: s for s in subscriptions.values() if s.status in MAY_LAPSE or s.cancel_at is not None}
    if not candidates and not repository.any_of(session, customer_ids):
        return
    known = {row.id: row for row in repository.lapses_of(session, customer_ids)}
    books = books_of(session, customer_ids, subscriptions)
    for key, subscription in subscriptions.items():
        row = known.get(key)
        if key not in candidates and row is None:
            continue
        ended = books.ended(subscription)
        if ended is None:
            if row is not None:
                _undone(row)
        elif row is None:
            session.add(_new(session, subscription, ended, books, now))
        else:
            _amend(session, row, subscription, ended, books, now)


def books_of(
    session: Session, customer_ids: Collection[str], subscriptions: Mapping[str, SubscriptionState]
) -> Books:
    """What is known of these subscriptions of these customers."""
    visits = select(CancelVisit).where(CancelVisit.customer_id.in_(sorted(customer_ids)))
    newest: dict[str, CancelVisit] = {}
    for visit in session.scalars(visits.order_by(CancelVisit.started_at, CancelVisit.id)):
        if visit.reason is not None or visit.subscription_id not in newest:
            newest[visit.subscription_id] = visit
    cases = select(Case).where(
        Case.customer_id.in_(sorted(customer_ids)),
        Case.kind.in_([CaseKind.CANCELLATION.value, CaseKind.DUNNING.value]),
    )
    reasons: dict[str, str] = {}
    lost_at: dict[str, datetime] = {}
    for case in session.scalars(cases.order_by(Case.opened_at, Case.id)):
        if case.kind == CaseKind.CANCELLATION:
            reasons[case.subject_id] = case.category
        elif case.outcome == Outcome.LOST and case.closed_at is not None:
            lost_at[case.customer_id] = case.closed_at
    paid: dict[str, list[InvoiceState]] = {}
    for invoice in billing.paid_invoices_of(session, customer_ids).values():
        if invoice.subscription_id:
            paid.setdefault(invoice.subscription_id, []).append(invoice)
    return Books(subscriptions, newest, reasons, lost_at, paid)


NO_REASON = frozenset({"unasked", "elsewhere"})
"""What the category of a cancellation says where nobody gave a reason."""


def _told(books: Books, subscription: SubscriptionState) -> Told:
    visit = books.visits.get(subscription.id)
    reason = visit.reason if visit is not None and visit.reason else books.reasons.get(subscription.id)
    return Told(
        reason=None if reason in NO_REASON else reason,
        declared=visit is not None and visit.declared_at is not None,
        lost_at=books.lost_at.get(subscription.customer_id or ""),
    )


def _new(
    session: Session, subscription: SubscriptionState, ended: Ended, books: Books, now: datetime
) -> Lapse:
    row = Lapse(
        id=subscription.id,
        customer_id=subscription.customer_id or "",
        started_at=subscription.created_at,
        plan=plan_of(session, subscription),
        state=LapseState.WAITING,
        look_at=now,
        interval_count=1,
        paid_minor=0,
    )
    _fill(row, subscription, ended, books)
    return row


def _amend(
    session: Session,
    row: Lapse,
    subscription: SubscriptionState,
    ended: Ended,
    books: Books,
    now: datetime,
) -> None:
    if row.state == LapseState.UNDONE:
        row.state, row.look_at = LapseState.WAITING, now
    if row.plan is None:
        row.plan = plan_of(session, subscription)
    _fill(row, subscription, ended, books)


def _undone(row: Lapse) -> None:
    """It goes on: the scheduled end was taken back, or what was late is paid."""
    row.running = False
    if row.state in (LapseState.WAITING, LapseState.LEFT_OUT):
        row.state, row.look_at, row.left_out, row.why = LapseState.UNDONE, None, None, None


def _fill(row: Lapse, subscription: SubscriptionState, ended: Ended, books: Books) -> None:
    """Only what has changed is written: most events of a customer say nothing new of an old lapse."""
    visit = books.visits.get(row.id)
    paid = books.paid.get(row.id, ())
    values: dict[str, Any] = {
        "kind": ended.kind.value,
        "reason": ended.reason,
        "missing": visit.missing if visit else None,
        "permitted": visit.permitted if visit else None,
        "cancelled_at": ended.cancelled_at,
        "ends_at": ended.ends_at,
        "running": ended.running,
        "received_minor": sum(i.amount_paid_minor - i.refunded_minor for i in paid),
        **_last_price(subscription),
    }
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def _last_price(subscription: SubscriptionState) -> dict[str, Any]:
    """Of the one item, where there is one only."""
    items = subscription.items or []
    names = ("price_id", "product_id", "amount_minor", "quantity", "currency", "interval", "interval_count")
    if len(items) != 1:
        return {}
    return {n: items[0].get(n) for n in names} | {"interval_count": items[0].get("interval_count") or 1}
