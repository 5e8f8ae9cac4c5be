"""The proof in the API, as JSON or CSV."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from app.core.auth import Scope
from app.core.web import Caller, needs, no_store
from app.ops.asked import ANSWERS, Currency, Format, csv_answer
from app.ops.ports import At
from app.ops.schemas import Instant
from app.proof import reading, tables
from app.proof.rules.verdict import Verdict

router = APIRouter(prefix="/api/stats", tags=["statistics"], dependencies=[Depends(no_store)])


class CohortOut(BaseModel):
    """The customers of one month; only closed ones are in the numbers."""

    month: str
    treated: int
    held_out: int
    closed: bool


class GuardrailOut(BaseModel):
    """What must not get worse, with the figures behind it. `alarm`: none, look, warn or stop."""

    name: str
    alarm: str
    model_config = {"extra": "allow"}


class ProofOut(BaseModel):
    """One experiment against one control arm in one currency. Definitions: docs/proof.md.

    anyway = collected - incremental, with the interval mirrored. Amounts are null where no number may be said:
    `words` say why.

    What follows `looked_at` is secondary and has no verdict: of the treated, net kept = received - in kind - anyway,
    and the discount is missing from what was received already; save rate net = 1 - cancelled treated / cancelled held
    out; `year_`: the same within 365 days, of months that were over a year ago.
    """

    experiment: str
    control: str
    control_gets: str
    currency: str
    since: str | None
    closed_through: str | None
    treated: int
    held_out: int
    still_watched: int
    at_risk_minor: int | None
    collected_minor: int | None
    incremental_minor: int | None
    lower_minor: int | None
    upper_minor: int | None
    anyway_minor: int | None
    anyway_lower_minor: int | None
    anyway_upper_minor: int | None
    share: float | None
    half: float | None
    verdict: Verdict
    words: str
    looked_at: Instant
    received_minor: int | None
    in_kind_minor: int | None
    discount_minor: int | None
    net_kept_minor: int | None
    cancelled_treated: float | None
    cancelled_held_out: float | None
    save_rate_net: float | None
    year_closed_through: str | None
    year_treated: int | None
    year_held_out: int | None
    year_received_minor: int | None
    year_in_kind_minor: int | None
    year_discount_minor: int | None
    year_incremental_minor: int | None
    year_lower_minor: int | None
    year_upper_minor: int | None
    cohorts: list[CohortOut]
    guardrails: list[GuardrailOut]
    sample_ratio_p: float
    self_check_passed_at: Instant | None


class ProofStats(BaseModel):
    """What was collected beyond what would have come anyway, by experiment."""

    currency: str | None
    made_at: Instant
    note: str
    data: list[ProofOut]


@router.get("/proof", response_model=ProofStats, responses=ANSWERS)
def proof_stats(
    at: At,
    _: Annotated[Caller, Depends(needs(Scope.READ))],
    currency: Currency | None = None,
    format: Format = "json",
) -> Any:
    """At risk, collected, incremental with its interval, what would have come anyway, the verdict, the guardrails."""
    with at.db.read() as session:
        found = reading.latest(session, currency)
    if format == "csv":
        return csv_answer("proof", tables.as_csv(found))
    return tables.as_json(found, at.clock(), currency)
