"""What a person may ask for: everything held about them, and to be forgotten."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from app.core.auth import Scope
from app.core.text import clean_line
from app.core.web import Caller, needs, no_store
from app.ops.ports import At
from app.ops.schemas import Instant, Key, problems
from app.privacy.export import export
from app.privacy.service import erase

router = APIRouter(prefix="/api/customers", tags=["customers"], dependencies=[Depends(no_store)])

WHY_LIMIT = 300
Admin = Annotated[Caller, Depends(needs(Scope.ADMIN))]


class EraseIn(BaseModel):
    """Why, in words that name nobody; kept with the act."""

    model_config = ConfigDict(extra="forbid")

    why: str | None = Field(None, max_length=WHY_LIMIT)


class ErasedOut(BaseModel):
    """`again`: it was done before, and nothing has been done now."""

    again: bool
    erased_at: Instant
    pseudonym: str | None = Field(description="under which amounts and dates stay; told this once")
    rows: dict[str, int] = Field(description="rows concerned, by table")


@router.get("/{customer_id}/export", responses=problems(404))
def get_export(at: At, _who: Admin, customer_id: Key) -> dict[str, Any]:
    """Everything that is held about a customer."""
    return export(at.db, at.clock, customer_id)


@router.post("/{customer_id}/erase", responses=problems(404, 409))
def post_erase(at: At, who: Admin, customer_id: Key, asked: EraseIn | None = None) -> ErasedOut:
    """Forget a customer for good. What is under way is stopped; amounts stay under a pseudonym."""
    now: datetime = at.clock()
    why = clean_line(asked.why, WHY_LIMIT) if asked and asked.why else None
    done = erase(at.db, customer_id, who=who.name, why=why, now=now)
    return ErasedOut(again=done.again, erased_at=done.at, pseudonym=done.pseudonym, rows=done.rows)
