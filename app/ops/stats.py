"""The recovery numbers in the API, as JSON or CSV."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from app.core.auth import Scope
from app.core.web import Caller, needs, no_store
from app.ops.ports import At
from app.ops.schemas import Instant, MoneyOut, problems
from app.stats import recovery, tables
from app.stats.rules import EARLIEST, LATEST, By, Population, Window

router = APIRouter(prefix="/api/stats", tags=["statistics"], dependencies=[Depends(no_store)])

Currency = Annotated[str, Query(pattern=r"^[A-Za-z]{3}$", description="three letters, such as usd")]


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


@router.get(
    "/recovery",
    response_model=RecoveryReport,
    responses={**problems(422), 200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def recovery_stats(
    at: At,
    _: Annotated[Caller, Depends(needs(Scope.READ))],
    first: Annotated[date | None, Query(alias="from", description="first day of failure, UTC")] = None,
    last: Annotated[date | None, Query(alias="to", description="last day of failure, included, UTC")] = None,
    by: By = By.MONTH,
    currency: Currency | None = None,
    format: Annotated[Literal["json", "csv"], Query()] = "json",
) -> Any:
    """Money at risk, recovered, recovered before the first mail, open, lost and late."""
    window = Window(first or EARLIEST, last or LATEST)
    now = at.clock()
    with at.db.read() as session:
        report = recovery.report(
            session, by, window, currency=currency.lower() if currency else None, now=now
        )
    if format == "csv":
        headers = {
            "Content-Disposition": f'attachment; filename="recovery-by-{by}.csv"',
            "Cache-Control": "no-store",
        }
        return Response(tables.as_csv(report), media_type="text/csv; charset=utf-8", headers=headers)
    return tables.as_json(report)
