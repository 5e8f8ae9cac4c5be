"""What a hold-out would come to here, by the failures of the last months."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.dunning.models import DunningInvoice
from app.proof.rules.advice import Advice, advice

LATELY = timedelta(days=90)
MONTH = timedelta(days=30)


def advices(session: Session, holdout_share: float, *, now: datetime) -> list[Advice]:
    """One a currency in which payments have failed lately, that with the most failures first."""
    row = DunningInvoice
    cases = func.count(row.case_id.distinct())
    query = (
        select(row.currency, cases, func.sum(row.at_risk_minor), func.min(row.failed_at))
        .where(row.failed_at > now - LATELY)
        .group_by(row.currency)
        .order_by(cases.desc(), row.currency)
    )
    return [
        advice(count / (max(now - first, MONTH) / MONTH), int(total) / count, holdout_share, currency)
        for currency, count, total, first in session.execute(query)
    ]
