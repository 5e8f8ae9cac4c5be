"""The figures of offers out of the database. Definitions: offers_rules.py and offers_holdout.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.billing.models import Customer, Invoice, Subscription
from app.offers.models import Grant
from app.offers.states import OfferKind
from app.stats.cancellations import CHANGES_NOTHING, plan_columns, plan_of
from app.stats.offers_compared import compared
from app.stats.offers_holdout import Comparison, compare
from app.stats.offers_receipts import INVOICE_COLUMNS, receipt
from app.stats.offers_rules import OfferBy, OfferCase, OfferFigures, Receipt, figures_of, group_of
from app.stats.rules import Window

DISCOUNTS = frozenset({OfferKind.FREE_MONTHS, OfferKind.PERCENT_OFF, OfferKind.AMOUNT_OFF})


@dataclass(frozen=True, slots=True)
class OfferRow:
    """One line of a report, in one currency. `name`: of a plan, in the merchant's words."""

    group: str
    name: str | None
    currency: str
    figures: OfferFigures


@dataclass(frozen=True, slots=True)
class OfferReport:
    """A report with what was asked. `hold_out` is empty where nobody could have been held out."""

    by: OfferBy
    window: Window
    currency: str | None
    made_at: datetime
    rows: list[OfferRow]
    hold_out: list[Comparison]


def report(
    session: Session,
    by: OfferBy,
    window: Window | None = None,
    *,
    currency: str | None = None,
    now: datetime,
) -> OfferReport:
    """The offers that were shown within a time, and who came to the page then against the hold-out."""
    window, wanted = window or Window(), currency.lower() if currency else None
    found, names = grants(session, window, currency=wanted)
    against = compare(compared(session, window, currency=wanted), now=now)
    return OfferReport(by, window, wanted, now, rows_by(found, by, names), against)


def rows_by(found: Iterable[OfferCase], by: OfferBy, names: dict[str, str]) -> list[OfferRow]:
    """Fold grants to rows: by currency, months in their order, else the most shown first."""
    sums: dict[tuple[str, str], OfferFigures] = {}
    for grant in found:
        key = (grant.currency, group_of(grant, by))
        sums[key] = sums.get(key, OfferFigures()) + figures_of(grant)
    ordered = sorted(sums, key=lambda k: (k[0], 0 if by == OfferBy.MONTH else -sums[k].shown, k[1]))
    return [OfferRow(g, names.get(g) if by == OfferBy.PLAN else None, c, sums[c, g]) for c, g in ordered]


def grants(
    session: Session, window: Window, *, currency: str | None = None
) -> tuple[list[OfferCase], dict[str, str]]:
    """Every grant that was shown within a time, and the names of plans."""
    query = (
        select(Grant, *plan_columns(Grant.customer_id, Grant.subscription_id, Grant.shown_at))
        .outerjoin(Subscription, Subscription.id == Grant.subscription_id)
        .outerjoin(Customer, Customer.id == Grant.customer_id)
        .where(*_shown_in(window, currency))
        .order_by(Grant.shown_at, Grant.id)
    )
    receipts, names = _receipts(session, window, currency), dict[str, str]()
    found = [
        _case(grant, plan_of(invoiced, label, items, names), receipts.get(grant.id, ()))
        for grant, invoiced, label, items, _ in session.execute(query)
    ]
    return found, names


def _shown_in(window: Window, currency: str | None) -> list[Any]:
    bounds = [Grant.shown_at >= window.begins_at, Grant.shown_at < window.ends_at]
    return bounds if currency is None else [*bounds, Grant.currency == currency]


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


def _receipts(session: Session, window: Window, currency: str | None) -> dict[str, list[Receipt]]:
    """What the subscriptions have paid since their offers were applied, by grant."""
    paid_since = and_(
        Invoice.customer_id == Grant.customer_id,
        Invoice.subscription_id == Grant.subscription_id,
        func.coalesce(Invoice.status, "") == "paid",  # in a guise: or SQLite reads all that was ever paid
        Invoice.paid_at >= Grant.applied_at,
    )
    query = select(Grant.id, *INVOICE_COLUMNS).join(Invoice, paid_since).where(*_shown_in(window, currency))
    found: dict[str, list[Receipt]] = {}
    for grant_id, *columns in session.execute(query):
        found.setdefault(grant_id, []).append(receipt(columns))
    return found
