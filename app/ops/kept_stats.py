"""The figures of retention, renewals and win-back in the API, as JSON or CSV."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, create_model

from app.core.auth import Scope
from app.core.web import Caller, needs, no_store
from app.ops.asked import ANSWERS, Currency, Question, csv_answer
from app.ops.ports import At
from app.ops.proof import ProofOut
from app.ops.schemas import Instant
from app.proof import of_winback
from app.stats import renewals, renewals_tables, retention, retention_tables, winback, winback_tables
from app.stats.renewals_rules import RenewalBy
from app.stats.retention_rules import RetentionBy
from app.stats.winback_rules import MILESTONES, WinbackBy

router = APIRouter(prefix="/api/stats", tags=["statistics"], dependencies=[Depends(no_store)])


def _counts(names: list[str], rates: list[str]) -> dict[str, Any]:
    """Counts of a row, and rates, which are null where there is nothing to share."""
    return dict.fromkeys(names, (int, ...)) | dict.fromkeys(rates, (float | None, ...))


_RetentionCounts = create_model(
    "_RetentionCounts", **_counts(list(retention_tables.COUNTS), list(retention_tables.RATES))
)
_RenewalCounts = create_model("_RenewalCounts", **_counts(["due", *renewals_tables.PLACES], ["renewal_rate"]))
_PENDING = [f"pending_{days}" for days in MILESTONES]
_WinbackCounts = create_model(
    "_WinbackCounts",
    **_counts([*winback_tables.COUNTS, "returned", *_PENDING], list(winback_tables.RATES)),
)


class RetentionRow(_RetentionCounts):
    """Customers of one group. Definitions: docs/figures.md. at_start = still_there + voluntary + involuntary."""

    group: str
    name: str | None
    over: bool | None


class CohortRow(BaseModel):
    """Who joined in a month; `after_0` to `after_12` are the shares still there at the end of that month and of the
    months after, those that are over."""

    month: str
    joined: int
    model_config = {"extra": "allow"}


class Attrition(_RetentionCounts):
    """The yearly terms of the last twelve whole months, beside what structural reasons take in a year."""

    structural_a_year: float


class RetentionStats(BaseModel):
    """Of the customers at the start, who is still there. `from` and `to` are the days that were looked at."""

    by: RetentionBy
    currency: str | None
    made_at: Instant
    attrition: Attrition
    data: list[RetentionRow | CohortRow]
    model_config = {"extra": "allow"}  # `from` is a word of Python; `from` and `to` pass through as they are


class RenewalRow(_RenewalCounts):
    """Terms of one group and length. due = renewed + pending + waived + cancelled + unpaid."""

    group: str
    name: str | None
    term: str


class RenewalStats(BaseModel):
    """Terms, in the month in which each ended."""

    by: RenewalBy
    currency: str | None
    made_at: Instant
    data: list[RenewalRow]
    model_config = {"extra": "allow"}  # as above


class WinbackRow(_WinbackCounts):
    """Lapses of one group in one currency. Definitions: docs/figures.md.

    returned = by_offer + by_page + stayed; of them, at each of 30, 60, 90 and 365 days: kept + left + pending.
    """

    group: str
    name: str | None
    currency: str


class WinbackStats(BaseModel):
    """Subscriptions that ended, in the month of their end, and who came back; `proof` says what came of it."""

    by: WinbackBy
    currency: str | None
    made_at: Instant
    note: str
    data: list[WinbackRow]
    proof: list[ProofOut]
    model_config = {"extra": "allow"}  # as above


@router.get("/retention", response_model=RetentionStats, responses=ANSWERS)
def retention_stats(
    at: At,
    _: Annotated[Caller, Depends(needs(Scope.READ))],
    question: Question,
    by: RetentionBy = RetentionBy.MONTH,
    currency: Currency | None = None,
) -> Any:
    """Retention, churn and net change of each month, of a whole time, by plan or term; or cohorts; and attrition."""
    with at.db.read() as session:
        found = retention.report(session, by, question.window, currency=currency, now=at.clock())
    if question.csv:
        return csv_answer(f"retention-by-{by}", retention_tables.as_csv(found))
    return retention_tables.as_json(found)


@router.get("/renewals", response_model=RenewalStats, responses=ANSWERS)
def renewal_stats(
    at: At,
    _: Annotated[Caller, Depends(needs(Scope.READ))],
    question: Question,
    by: RenewalBy = RenewalBy.MONTH,
    currency: Currency | None = None,
) -> Any:
    """Terms that ended: renewed, pending, waived, cancelled, not paid; monthly and yearly ones apart."""
    with at.db.read() as session:
        found = renewals.report(session, by, question.window, currency=currency, now=at.clock())
    if question.csv:
        return csv_answer(f"renewals-by-{by}", renewals_tables.as_csv(found))
    return renewals_tables.as_json(found)


@router.get("/winback", response_model=WinbackStats, responses=ANSWERS)
def winback_stats(
    at: At,
    _: Annotated[Caller, Depends(needs(Scope.READ))],
    question: Question,
    by: WinbackBy = WinbackBy.MONTH,
    currency: Currency | None = None,
) -> Any:
    """Lapsed, invited, held out, returned and by which way, natural returns, received since, second life."""
    with at.db.read() as session:
        found = winback.report(session, by, question.window, currency=currency, now=at.clock())
        looks = of_winback.looks(session, currency)
    if question.csv:
        return csv_answer(f"winback-by-{by}", winback_tables.as_csv(found))
    return of_winback.as_json(found, looks)
