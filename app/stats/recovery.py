"""The recovery numbers out of the database: one aggregate query, whatever the grouping."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from app.cases.models import Case
from app.cases.states import CaseState
from app.dunning.models import DunningInvoice
from app.dunning.states import DebtResult
from app.stats.rules import By, Figures, Population, Window, month_closed

TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Cell:
    """Figures of one combination of groups, currency and population."""

    groups: tuple[str, ...]
    currency: str
    population: Population
    figures: Figures


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a report. `closed`: whether a month's cohort has settled; None in other groupings."""

    group: str
    currency: str
    population: Population
    closed: bool | None
    figures: Figures


@dataclass(frozen=True, slots=True)
class Report:
    """A report with what was asked. `made_at` is business time."""

    by: By
    window: Window
    currency: str | None
    made_at: datetime
    rows: list[Row]


def report(
    session: Session, by: By, window: Window | None = None, *, currency: str | None = None, now: datetime
) -> Report:
    """The figures of a time, by month, class, campaign, step or currency alone; no rows where nothing failed."""
    window = window or Window()
    found = cells(session, [by], window, currency=currency)
    return Report(by, window, currency, now, rows_by(found, 0, by, now=now))


def rows_by(found: Iterable[Cell], position: int, by: By, *, now: datetime) -> list[Row]:
    """Fold cells to one of the groupings they were read with."""
    sums: dict[tuple[Population, str, str], Figures] = {}
    for cell in found:
        key = (cell.population, cell.currency, TOTAL if by == By.CURRENCY else cell.groups[position])
        sums[key] = sums.get(key, Figures()) + cell.figures
    ordered = sorted(sums.items(), key=lambda item: _place(item[0], by))
    return [
        Row(group, currency, population, month_closed(group, now) if by == By.MONTH else None, figures)
        for (population, currency, group), figures in ordered
    ]


def _place(key: tuple[Population, str, str], by: By) -> tuple[Any, ...]:
    population, currency, group = key
    return (population != Population.RENEWAL, currency, int(group) if by == By.STEP else group)


def cells(session: Session, by: Sequence[By], window: Window, *, currency: str | None = None) -> list[Cell]:
    """One pass over the late invoices of a time, summed by several groupings at once."""
    wanted = [d for d in by if d != By.CURRENCY]
    keys = [_key(d, session).label(f"by_{d}") for d in wanted]
    names = [f"by_{d}" for d in wanted]
    query = (
        select(*keys, DunningInvoice.currency, DunningInvoice.first_after_trial, *_sums())
        .select_from(DunningInvoice)
        .join(Case, Case.id == DunningInvoice.case_id)
        .where(DunningInvoice.failed_at >= window.begins_at, DunningInvoice.failed_at < window.ends_at)
        .group_by(*names, DunningInvoice.currency, DunningInvoice.first_after_trial)
    )
    if currency is not None:
        query = query.where(DunningInvoice.currency == currency.lower())
    return [_cell(tuple(row), len(wanted)) for row in session.execute(query)]


def _cell(row: tuple[Any, ...], width: int) -> Cell:
    population = Population.FIRST_AFTER_TRIAL if row[width + 1] else Population.RENEWAL
    figures = Figures(*(int(v or 0) for v in row[width + 2 :]))
    return Cell(tuple(str(v) for v in row[:width]), row[width], population, figures)


def _key(by: By, session: Session) -> ColumnElement[Any]:
    match by:
        case By.MONTH if session.get_bind().dialect.name == "sqlite":
            return func.strftime("%Y-%m", DunningInvoice.failed_at)
        case By.MONTH:
            return func.to_char(func.timezone("UTC", DunningInvoice.failed_at), "YYYY-MM")
        case By.CLASS:
            return Case.category.expression
        case By.CAMPAIGN:
            return Case.policy_version.expression
        case By.STEP:
            return case((_before_first_mail(), 0), else_=Case.contacts)
        case By.CURRENCY:
            raise AssertionError("every row is by currency")


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
