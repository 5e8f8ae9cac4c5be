"""The recovery figures out of the rows: the one definition in SQL, beside the one in rules.py."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from app.billing.models import Invoice
from app.cases.models import Case
from app.cases.states import CaseState
from app.dunning.models import DunningInvoice
from app.dunning.states import DebtResult
from app.stats.rollups.report import UNKNOWN_DIMENSION, Key, Rollup, as_day, day_of, day_table
from app.stats.rules import Figures, Population, Window

DIMS = ("currency", "population", "category", "campaign", "step", "plan")


def raw(session: Session, window: Window) -> dict[Key, Figures]:
    """The late invoices of a time, by day and dimensions."""
    keys = [
        day_of(session, DunningInvoice.failed_at).label("by_day"),
        DunningInvoice.currency.label("by_currency"),
        DunningInvoice.first_after_trial.label("by_population"),
        Case.category.label("by_category"),
        Case.policy_version.label("by_campaign"),
        case((_before_first_mail(), 0), else_=Case.contacts).label("by_step"),
        func.coalesce(Invoice.price_id, UNKNOWN_DIMENSION).label("by_plan"),
    ]
    query = (
        select(*keys, *_sums())
        .select_from(DunningInvoice)
        .join(Case, Case.id == DunningInvoice.case_id)
        .outerjoin(Invoice, Invoice.id == DunningInvoice.invoice_id)
        .where(DunningInvoice.failed_at >= window.begins_at, DunningInvoice.failed_at < window.ends_at)
        .group_by("by_day", *(f"by_{dim}" for dim in DIMS))
    )
    width, found = len(keys), dict[Key, Figures]()
    for row in session.execute(query):
        day, currency, after_trial, *rest = row[:width]
        population = Population.FIRST_AFTER_TRIAL if after_trial else Population.RENEWAL
        key = (as_day(day), currency, population.value, *map(str, rest))
        found[key] = Figures(*map(int, row[width:]))
    return found


# The definitions of app/stats/rules.py once more, as SQL; a test holds the two together.
_kept = DunningInvoice.paid_minor - DunningInvoice.returned_minor
_paid = DunningInvoice.result == DebtResult.PAID
_open = and_(DunningInvoice.result.is_(None), Case.state != CaseState.CLOSED)
_over = and_(
    or_(DunningInvoice.result.is_not(None), Case.state == CaseState.CLOSED),
    or_(DunningInvoice.result.is_(None), DunningInvoice.result != DebtResult.PAID),
)
_lost = and_(DunningInvoice.result == DebtResult.LOST, _kept <= 0)
_ended = and_(
    _over, _kept <= 0, or_(DunningInvoice.result.is_(None), DunningInvoice.result != DebtResult.LOST)
)


def _before_first_mail() -> ColumnElement[bool]:
    paid_at = func.coalesce(DunningInvoice.paid_at, DunningInvoice.settled_at)
    return or_(Case.first_contact_at.is_(None), and_(_paid, paid_at < Case.first_contact_at))


def _sums() -> list[ColumnElement[Any]]:
    """The columns of `Figures`, in its order."""
    due = DunningInvoice.at_risk_minor
    recovered = and_(_paid, _kept > 0)
    silent = and_(recovered, _before_first_mail())
    late = and_(_over, _kept > 0)
    sums: dict[str, ColumnElement[Any]] = {
        "at_risk_count": func.count(),
        "at_risk_minor": func.sum(due),
        "silent_at_risk_minor": _sum(silent, due),
        "returned_count": _sum(and_(_paid, _kept <= 0), 1),
        "returned_minor": _sum(_paid, DunningInvoice.returned_minor),
    }
    for name, condition, amount in (
        ("recovered", recovered, _kept),
        ("silent", silent, _kept),
        ("open", _open, due),
        ("lost", _lost, due),
        ("late", late, _kept),
        ("ended", _ended, due),
    ):
        sums[f"{name}_count"] = _sum(condition, 1)
        sums[f"{name}_minor"] = _sum(condition, amount)
    return [sums[f.name].label(f.name) for f in fields(Figures)]


def _sum(condition: ColumnElement[bool], amount: Any) -> ColumnElement[Any]:
    return func.sum(case((condition, amount), else_=0))


RECOVERY = Rollup(
    name="recovery",
    dims=DIMS,
    figures=Figures,
    raw=raw,
    stands_on=DunningInvoice.failed_at,
    customer=DunningInvoice.customer_id,
    told_by=frozenset({DunningInvoice.__tablename__, Case.__tablename__, Invoice.__tablename__}),
    model=day_table("recovery", DIMS, Figures),
    alone=True,
)
