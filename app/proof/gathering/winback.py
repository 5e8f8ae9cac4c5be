"""Lapsed subscribers: what was paid from the enrolment until 90 days after the end, invited or not."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.cases.models import Case
from app.cases.states import CaseKind
from app.experiments.models import DecisionRow
from app.proof.gathering.cash import cash_of, quarter_minor
from app.proof.gathering.drawn import Periods, could_be_either, stream
from app.proof.rules.cohorts import WATCHED, WATCHED_LONGER
from app.proof.rules.units import Observed, Unit
from app.winback.models import Lapse

KIND = CaseKind.WINBACK


def gather(session: Session) -> list[Observed]:
    """Everybody who was enrolled while some were to hear nothing. At risk are three months of the last price.

    The end is the one that was known at the enrolment: who stays, and who leaves again, changes the lapse's own.
    Who was enrolled late is watched from then on.
    """
    enrolled = and_(DecisionRow.case_id == Case.id, DecisionRow.action == "enrol")
    query = (
        select(Case, Lapse, DecisionRow.observation["ends_at"].as_string())
        .join(Lapse, Lapse.id == Case.subject_id)
        .outerjoin(DecisionRow, enrolled)
        .where(*could_be_either(KIND))
        .order_by(Case.opened_at, Case.id)
    )
    cash = cash_of(session, KIND, also_new=True)
    periods, found = Periods(), []
    for case, lapse, known in stream(session, query):
        period = periods.first(case.experiment, case.customer_id)
        at_risk = quarter_minor(_price(lapse))
        if period is None or at_risk is None or lapse.currency is None:
            continue
        at = max(case.opened_at, datetime.fromisoformat(known) if known else lapse.ends_at)
        parts, year = (
            cash.between(case.id, case.opened_at, at + watched[KIND]) for watched in (WATCHED, WATCHED_LONGER)
        )
        unit = Unit(
            treated=case.experiment_arm != period.control,
            pi=1 - period.holdout_share,
            stratum=case.category,
            at_risk_minor=at_risk,
            value_minor=parts.kept_minor,
            at=at,
        )
        found.append(Observed(KIND.value, period.control or "", lapse.currency, unit, parts=parts, year=year))
    return found


def _price(lapse: Lapse) -> dict[str, Any]:
    names = ("amount_minor", "quantity", "interval", "interval_count")
    return {name: getattr(lapse, name) for name in names}
