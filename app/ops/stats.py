"""The recovery numbers in the API, as JSON or CSV."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from app.core.auth import Scope
from app.core.web import Caller, needs, no_store
from app.ops.asked import ANSWERS, Currency, Question, csv_answer
from app.ops.ports import At
from app.ops.schemas import Instant, MoneyOut
from app.stats import recovery, tables
from app.stats.rules import By, Population

router = APIRouter(prefix="/api/stats", tags=["statistics"], dependencies=[Depends(no_store)])


class Sum(BaseModel):
    """How many late invoices, and how much money of theirs."""

    invoices: int
    amount: MoneyOut


class RateOut(BaseModel):
    """A share of money with its two parts; `value` is null where nothing was at risk."""

    numerator_minor: int
    denominator_minor: int
    value: float | None


class RecoveryRow(BaseModel):
    """One group in one currency. Definitions: app/stats/rules.py.

    At-risk invoices = recovered + open + lost + late + ended, and those returned whole. `silent` is the part
    of `recovered` that came before the first mail. `cohort_closed`: false while a month's number still moves.
    """

    group: str
    currency: str
    population: Population
    cohort_closed: bool | None
    at_risk: Sum
    recovered: Sum
    silent: Sum
    open: Sum
    lost: Sum
    late: Sum
    ended: Sum
    returned: Sum
    recovery_rate: RateOut
    recovery_rate_after_mail: RateOut
    incremental: None


class RecoveryReport(BaseModel):
    """Recovery of failed payments: every cause, not proof of one."""

    by: By
    currency: str | None
    made_at: Instant
    note: str
    data: list[RecoveryRow]
    model_config = {"extra": "allow"}  # `from` is a word of Python; `from` and `to` pass through as they are


@router.get("/recovery", response_model=RecoveryReport, responses=ANSWERS)
def recovery_stats(
    at: At,
    _: Annotated[Caller, Depends(needs(Scope.READ))],
    question: Question,
    by: By = By.MONTH,
    currency: Currency | None = None,
) -> Any:
    """Money at risk, recovered, recovered before the first mail, open, lost and late."""
    with at.db.read() as session:
        report = recovery.report(session, by, question.window, currency=currency, now=at.clock())
    if question.csv:
        return csv_answer(f"recovery-by-{by}", tables.as_csv(report))
    return tables.as_json(report)
