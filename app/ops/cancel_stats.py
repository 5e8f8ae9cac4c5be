"""The figures of cancellations and offers in the API, as JSON or CSV."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, create_model

from app.core.auth import Scope
from app.core.web import Caller, needs, no_store
from app.ops.asked import ANSWERS, Currency, Question, csv_answer
from app.ops.ports import At
from app.ops.schemas import Instant
from app.stats import cancellations, cancellations_tables, offers, offers_tables
from app.stats.cancellations_rules import CancelBy, CancelFigures
from app.stats.offers_rules import OfferBy, OfferFigures

router = APIRouter(prefix="/api/stats", tags=["statistics"], dependencies=[Depends(no_store)])


def _counts(figures: type[CancelFigures] | type[OfferFigures]) -> dict[str, Any]:
    """The fields of figures for a schema, with what is still pending."""
    names = [*figures.__dataclass_fields__, *(f"pending_{days}" for days in (30, 60, 90))]
    return dict.fromkeys(names, (int, ...))


_CancelCounts = create_model("_CancelCounts", **_counts(CancelFigures))
_OfferCounts = create_model("_OfferCounts", **_counts(OfferFigures))


class CancellationRow(_CancelCounts):
    """Cases of one group. Definitions: app/stats/cancellations_rules.py.

    cases = saved + cancelled + elsewhere + undone + abandoned + manual + stopped + open; of the saved, at each of
    30, 60 and 90 days: saved = kept + left + pending.
    """

    group: str
    name: str | None
    save_rate: float | None


class CancellationStats(BaseModel):
    """Cases of people who wanted to leave, in the month in which each was opened."""

    by: CancelBy
    currency: str | None
    made_at: Instant
    note: str
    data: list[CancellationRow]
    model_config = {"extra": "allow"}  # `from` is a word of Python; `from` and `to` pass through as they are


class OfferStatsRow(_OfferCounts):
    """Offers of one group in one currency. Definitions: app/stats/offers_rules.py.

    net = received - in kind; `discount_minor` is missing from what was received and is never taken off again.
    """

    group: str
    name: str | None
    currency: str
    net_minor: int


class ArmOut(BaseModel):
    """One arm; below 30 customers in either only how many there are."""

    cases: int
    subscribed: int | None
    share: float | None
    net_per_case_minor: int | None


class ComparisonOut(BaseModel):
    """Offered against held out, so many days after the visit. Definitions: app/stats/offers_holdout.py."""

    days: int
    currency: str
    held_out: ArmOut
    offered: ArmOut
    share_difference: float | None
    enough: bool
    note: str


class OfferStats(BaseModel):
    """Offers, in the month in which each was shown, and what they change against the hold-out."""

    by: OfferBy
    currency: str | None
    made_at: Instant
    note: str
    data: list[OfferStatsRow]
    hold_out: list[ComparisonOut]
    model_config = {"extra": "allow"}  # as above


@router.get("/cancellations", response_model=CancellationStats, responses=ANSWERS)
def cancellation_stats(
    at: At,
    _: Annotated[Caller, Depends(needs(Scope.READ))],
    question: Question,
    by: CancelBy = CancelBy.MONTH,
    currency: Currency | None = None,
) -> Any:
    """Visits, and what became of them: saved, cancelled, undone, abandoned, given to a person; kept or left."""
    with at.db.read() as session:
        found = cancellations.report(session, by, question.window, currency=currency, now=at.clock())
    if question.csv:
        return csv_answer(f"cancellations-by-{by}", cancellations_tables.as_csv(found))
    return cancellations_tables.as_json(found)


@router.get("/offers", response_model=OfferStats, responses=ANSWERS)
def offer_stats(
    at: At,
    _: Annotated[Caller, Depends(needs(Scope.READ))],
    question: Question,
    by: OfferBy = OfferBy.OFFER,
    currency: Currency | None = None,
) -> Any:
    """Offers shown, accepted, applied, kept; what was received after them and what they cost; the hold-out."""
    with at.db.read() as session:
        found = offers.report(session, by, question.window, currency=currency, now=at.clock())
    if question.csv:
        return csv_answer(f"offers-by-{by}", offers_tables.as_csv(found))
    return offers_tables.as_json(found)
