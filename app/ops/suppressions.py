"""Suppress an address by hand, and lift what stands against it. Addresses travel in bodies, never in paths."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from app.contacts import by_hand
from app.contacts.by_hand import LONGEST_DAYS, WHY_LIMIT
from app.contacts.models import Suppression
from app.contacts.states import SuppressionScope
from app.core.auth import Scope
from app.core.web import Caller, needs, no_store
from app.ops.contact_schemas import SuppressionOut
from app.ops.ports import At
from app.ops.schemas import problems

router = APIRouter(prefix="/api/suppressions", tags=["contacts"], dependencies=[Depends(no_store)])
Operator = Annotated[Caller, Depends(needs(Scope.OPERATE))]
Address = Annotated[str, Field(min_length=3, max_length=254)]
Reason = Annotated[str, Field(min_length=1, max_length=WHY_LIMIT)]


class SuppressIn(BaseModel):
    """`days`: for so long; without it for good. `reason` is kept with the act."""

    model_config = ConfigDict(extra="forbid")

    email: Address
    scope: SuppressionScope = SuppressionScope.ALL
    reason: Reason
    days: int | None = Field(None, ge=1, le=LONGEST_DAYS)


class LiftIn(BaseModel):
    """`force`: also what the person has said themselves, a complaint above all."""

    model_config = ConfigDict(extra="forbid")

    email: Address
    reason: Reason
    force: bool = False


class LiftedOut(BaseModel):
    lifted: list[SuppressionOut]


@router.post("", status_code=201, responses=problems(422))
def suppress(at: At, who: Operator, asked: SuppressIn) -> SuppressionOut:
    """Nothing in the scope goes to the address any more."""
    now = at.clock()
    with at.db.write() as session:
        row = by_hand.suppress(
            session, asked.email, asked.scope, who=who.name, why=asked.reason, days=asked.days, now=now
        )
        return _out(row, stands=True)


@router.post("/lift", responses=problems(409, 422))
def lift(at: At, who: Operator, asked: LiftIn) -> LiftedOut:
    """The address may be written to again; all or nothing."""
    now = at.clock()
    with at.db.write() as session:
        rows = by_hand.lift(session, asked.email, who=who.name, why=asked.reason, force=asked.force, now=now)
        return LiftedOut(lifted=[_out(row, stands=False) for row in rows])


def _out(row: Suppression, *, stands: bool) -> SuppressionOut:
    return SuppressionOut(
        scope=row.scope,
        reason=row.reason,
        source=row.source,
        since=row.since,
        expires_at=row.expires_at,
        lifted_at=row.lifted_at,
        stands=stands,
    )
