"""Terms out of invoices and subscriptions. Definitions: renewals_rules.py.

A term is known by one of two rows: the invoice of the cycle after it, or the subscription whose last term it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, literal, select
from sqlalchemy.orm import Session

from app.billing.models import Invoice, Subscription
from app.stats.renewals_rules import Place, RenewalFigures, Subscribed, by_cycle, by_end, reason_of
from app.stats.rollups.report import UNKNOWN_DIMENSION, Key, Rollup, day_table
from app.stats.rules import Window
from app.stats.tenures_rules import plan_of
from app.winback.models import Lapse
from app.winback.rules.lapse import BY_PAYMENT
from app.winback.states import LapseKind

DIMS = ("term", "plan", "reason", "currency")
OVER = ("canceled", "unpaid")
# Literal, as a partial index serves only a query that repeats its condition.
HAS_ENDED = Subscription.status == literal("canceled", literal_execute=True)
IS_CYCLE = Invoice.billing_reason == literal("subscription_cycle", literal_execute=True)

_SUBSCRIPTION = (
    Subscription.status,
    Subscription.items,
    Subscription.trial_end_at,
    Subscription.cancellation_reason,
    Subscription.cancellation_feedback,
    Lapse.kind,
    Lapse.reason,
)


def cycles(session: Session, window: Window) -> dict[Key, RenewalFigures]:
    """Terms whose next cycle was invoiced within a time."""
    query = (
        select(
            Invoice.created_at.label("at"), Invoice.status.label("invoice"), Invoice.price_id, *_SUBSCRIPTION
        )
        .join(Subscription, Subscription.id == Invoice.subscription_id)
        .outerjoin(Lapse, Lapse.id == Subscription.id)
        .where(IS_CYCLE)
    )
    return _summed(session, query, Invoice.created_at, window, by_cycle)


def ends(session: Session, window: Window) -> dict[Key, RenewalFigures]:
    """Last terms, of subscriptions that have ended, until which they were paid for within a time."""
    query = (
        select(
            Subscription.period_end_at.label("at"),
            Invoice.status.label("invoice"),
            Invoice.price_id,
            *_SUBSCRIPTION,
        )
        .outerjoin(Invoice, Invoice.id == Subscription.latest_invoice_id)
        .outerjoin(Lapse, Lapse.id == Subscription.id)
        .where(HAS_ENDED)
    )
    return _summed(session, query, Subscription.period_end_at, window, by_end)


def _summed(
    session: Session,
    query: Select[Any],
    at: Any,
    window: Window,
    place_of: Callable[[datetime, Any, Subscribed], Place | None],
) -> dict[Key, RenewalFigures]:
    counted = Counter[tuple[Key, Place]]()
    for row in session.execute(query.where(at >= window.begins_at, at < window.ends_at)):
        subscription = _subscribed(row)
        place = place_of(row.at, row.invoice, subscription)
        if place is None:
            continue
        plan = plan_of(row.items)
        key = (
            row.at.date(),
            plan.term or UNKNOWN_DIMENSION,
            row.price_id or plan.price_id or UNKNOWN_DIMENSION,
            reason_of(place, subscription),
            plan.currency or UNKNOWN_DIMENSION,
        )
        counted[key, place] += 1
    found: dict[Key, RenewalFigures] = {}
    for (key, place), count in counted.items():
        found[key] = found.get(key, RenewalFigures()) + RenewalFigures(**{place.value: count})
    return found


def _subscribed(row: Row[Any]) -> Subscribed:
    """By its lapse; one that ended before we watched has none, and says itself what it knows."""
    involuntary = row.kind == LapseKind.INVOLUNTARY if row.kind else row.cancellation_reason in BY_PAYMENT
    reason = None if involuntary else row.reason or row.cancellation_feedback
    return Subscribed(row.status in OVER, involuntary, reason, row.trial_end_at)


_TOLD_BY = frozenset({Invoice.__tablename__, Subscription.__tablename__, Lapse.__tablename__})

CYCLES = Rollup(
    name="cycle",
    dims=DIMS,
    figures=RenewalFigures,
    raw=cycles,
    stands_on=Invoice.created_at,
    customer=Invoice.customer_id,
    told_by=_TOLD_BY,
    model=day_table("cycle", DIMS, RenewalFigures),
    alone=True,
    only=(IS_CYCLE,),
)
ENDS = Rollup(
    name="last_term",
    dims=DIMS,
    figures=RenewalFigures,
    raw=ends,
    stands_on=Subscription.period_end_at,
    customer=Subscription.customer_id,
    told_by=_TOLD_BY,
    model=day_table("last_term", DIMS, RenewalFigures),
    only=(HAS_ENDED,),
)
