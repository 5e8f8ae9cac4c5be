"""Offers that were shown, out of the rows. Definitions: offers_rules.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.billing.models import Customer, Invoice, Subscription
from app.offers.models import Grant
from app.offers.states import OfferKind
from app.stats.cancellations_raw import CHANGES_NOTHING, plan_columns, plan_of
from app.stats.offers_receipts import INVOICE_COLUMNS, receipt
from app.stats.offers_rules import OfferBy, OfferCase, OfferFigures, Receipt, figures_of, group_of
from app.stats.rollups.report import Key, Rollup, day_table
from app.stats.rules import Window

DISCOUNTS = frozenset({OfferKind.FREE_MONTHS, OfferKind.PERCENT_OFF, OfferKind.AMOUNT_OFF})
DIMS = ("currency", *(by.value for by in OfferBy if by is not OfferBy.MONTH))


def raw(session: Session, window: Window) -> dict[Key, OfferFigures]:
    """The offers of a time, by the day on which they were shown, and dimensions."""
    found = dict[Key, OfferFigures]()
    for grant in grants(session, window):
        key = (grant.shown_at.date(), grant.currency, *(group_of(grant, OfferBy(dim)) for dim in DIMS[1:]))
        found[key] = found.get(key, OfferFigures()) + figures_of(grant)
    return found


def grants(session: Session, window: Window) -> list[OfferCase]:
    """Every grant that was shown within a time."""
    query = (
        select(Grant, *plan_columns(Grant.customer_id, Grant.subscription_id, Grant.shown_at))
        .outerjoin(Subscription, Subscription.id == Grant.subscription_id)
        .outerjoin(Customer, Customer.id == Grant.customer_id)
        .where(*_shown_in(window))
        .order_by(Grant.shown_at, Grant.id)
    )
    receipts = _receipts(session, window)
    return [
        _case(grant, plan_of(invoiced, items), receipts.get(grant.id, ()))
        for grant, invoiced, items, _ in session.execute(query)
    ]


def _shown_in(window: Window) -> list[Any]:
    return [Grant.shown_at >= window.begins_at, Grant.shown_at < window.ends_at]


def _case(grant: Grant, plan: str | None, receipts: Iterable[Receipt]) -> OfferCase:
    terms, kind = grant.terms, OfferKind(grant.kind)
    off = (terms.get("price_minor") or 0) - (terms.get("charged_minor") or 0) if kind in DISCOUNTS else 0
    return OfferCase(
        offer=grant.offer,
        kind=grant.kind,
        state=grant.state,
        currency=grant.currency,
        shown_at=grant.shown_at,
        arm=grant.arm,
        reason=grant.reason,
        plan=plan,
        preset=grant.preset,
        accepted_at=grant.accepted_at,
        applied_at=None if grant.kind in CHANGES_NOTHING else grant.applied_at,
        full_charge_at=grant.full_charge_at,
        full_paid_at=grant.full_paid_at,
        outcomes=(grant.outcome_30, grant.outcome_60, grant.outcome_90),
        booked_minor=grant.cost_minor if grant.booked_month else 0,
        off_minor=off,
        saved_minor=(terms.get("saved_minor") or 0) if kind in DISCOUNTS else 0,
        in_kind_minor=grant.cost_minor if kind is OfferKind.UPGRADE else 0,
        receipts=tuple(receipts),
    )


def _receipts(session: Session, window: Window) -> dict[str, list[Receipt]]:
    """What the subscriptions have paid since their offers were applied, by grant."""
    paid_since = and_(
        Invoice.customer_id == Grant.customer_id,
        Invoice.subscription_id == Grant.subscription_id,
        func.coalesce(Invoice.status, "") == "paid",  # in a guise: or SQLite reads all that was ever paid
        Invoice.paid_at >= Grant.applied_at,
    )
    query = select(Grant.id, *INVOICE_COLUMNS).join(Invoice, paid_since).where(*_shown_in(window))
    found: dict[str, list[Receipt]] = {}
    for grant_id, *columns in session.execute(query):
        found.setdefault(grant_id, []).append(receipt(columns))
    return found


OFFERS = Rollup(
    name="offer",
    dims=DIMS,
    figures=OfferFigures,
    raw=raw,
    stands_on=Grant.shown_at,
    customer=Grant.customer_id,
    told_by=frozenset(model.__tablename__ for model in (Grant, Invoice, Subscription)),
    model=day_table("offer", DIMS, OfferFigures),
)
