"""Late payments: the first case of a customer, and what was paid of it within 30 days of the failure."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.cases.models import Case
from app.cases.states import CaseKind, Outcome
from app.dunning.models import DunningInvoice
from app.experiments.models import DecisionRow
from app.experiments.rules import Period
from app.proof.gathering.drawn import Periods, could_be_either, stream
from app.proof.rules.cohorts import WATCHED
from app.proof.rules.units import Observed, Unit
from app.stats.rules import LateInvoice, kept_minor

KIND = CaseKind.DUNNING
AFTER_TRIAL = "first_after_trial"
"""A class of its own: most of these were never going to pay."""


def gather(session: Session) -> list[Observed]:
    """Everybody whose payment failed while some were held out.

    The class is the one of the first failure, from the log of decisions: the case's own may have changed since, and
    what comes after the lot must not tell the arms apart. At risk is what was late at the opening.
    """
    case, late = Case, DunningInvoice
    first_class = DecisionRow.observation["class"].as_string().label("first_class")
    opened = and_(DecisionRow.case_id == case.id, DecisionRow.action == "open")
    query = (
        select(
            case.id, case.customer_id, case.experiment, case.experiment_arm, case.opened_at, case.closed_at,
            case.outcome, case.category, case.contacts, first_class,
            late.currency, late.at_risk_minor, late.paid_minor, late.returned_minor, late.failed_at,
            late.paid_at, late.settled_at, late.first_after_trial,
        )
        .join(late, late.case_id == case.id)
        .outerjoin(DecisionRow, opened)
        .where(*could_be_either(KIND))
        .order_by(case.opened_at, case.id, late.failed_at, late.invoice_id)
    )  # fmt: skip
    periods, found = Periods(), []
    for _, group in groupby(stream(session, query), key=lambda row: row.id):
        rows = list(group)
        period = periods.first(rows[0].experiment, rows[0].customer_id)
        if period is not None:
            found.append(_observed(rows, period))
    return found


def _observed(rows: list[Any], period: Period) -> Observed:
    """One case; `rows`: its late invoices, the first failure first."""
    case = first = rows[0]
    until = first.failed_at + WATCHED[KIND]
    at_opening = max(case.opened_at, first.failed_at)
    late = [row for row in rows if row.currency == first.currency and row.failed_at <= at_opening]
    paid = [row for row in late if row.paid_minor and (row.paid_at or row.settled_at) < until]
    unit = Unit(
        treated=case.experiment_arm != period.control,
        pi=1 - period.holdout_share,
        stratum=AFTER_TRIAL if first.first_after_trial else case.first_class or case.category,
        at_risk_minor=sum(row.at_risk_minor for row in late),
        value_minor=sum(
            kept_minor(LateInvoice(row.at_risk_minor, row.paid_minor, row.returned_minor)) for row in paid
        ),
        at=first.failed_at,
    )
    return Observed(
        experiment=KIND.value,
        control=period.control or "",
        currency=first.currency,
        unit=unit,
        cancelled=case.outcome == Outcome.CANCELLED and case.closed_at is not None and case.closed_at < until,
        recovered=bool(paid),
        went_back=any(row.returned_minor > 0 for row in paid),
        contacts=case.contacts,
    )
