"""What a person may ask for: everything held about them, and to be forgotten; and what the law has us keep."""

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
from app.privacy import restricted
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


class RestrictedIn(BaseModel):
    """Of whom, by the provider's customer id or by the address; and why, which is kept for good: name nobody."""

    model_config = ConfigDict(extra="forbid")

    customer_id: Key | None = None
    email: str | None = Field(None, max_length=254)
    why: str = Field(min_length=1, max_length=WHY_LIMIT)


class RestrictedOut(BaseModel):
    """A record as it was when the person was erased. `content` is null where no key opens it any more."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    kind: str
    made_at: Instant
    restricted_at: Instant
    keep_until: Instant
    content: dict[str, Any] | None


class RestrictedList(BaseModel):
    data: list[RestrictedOut]


restricted_router = APIRouter(prefix="/api/restricted", tags=["customers"], dependencies=[Depends(no_store)])


@restricted_router.post("/read", responses=problems(422))
def read_restricted(at: At, who: Admin, asked: RestrictedIn) -> RestrictedList:
    """What the law has us keep of somebody who was erased. That it was read, by whom and why, is an act."""
    found = restricted.read(
        at.db,
        at.vault,
        customer_id=asked.customer_id,
        address=asked.email,
        who=who.name,
        why=asked.why,
        now=at.clock(),
    )
    return RestrictedList(data=[RestrictedOut.model_validate(r) for r in found])


@router.get("/{customer_id}/export", responses=problems(404))
def get_export(at: At, _who: Admin, customer_id: Key) -> dict[str, Any]:
    """Everything that is held about a customer."""
    return export(at.db, at.clock, customer_id)


@router.post("/{customer_id}/erase", responses=problems(404, 409))
def post_erase(at: At, who: Admin, customer_id: Key, asked: EraseIn | None = None) -> ErasedOut:
    """Forget a customer for good. What is under way is stopped; amounts stay under a pseudonym."""
    now: datetime = at.clock()
    why = clean_line(asked.why, WHY_LIMIT) if asked and asked.why else None
    done = erase(at.db, customer_id, vault=at.vault, who=who.name, why=why, now=now)
    return ErasedOut(again=done.again, erased_at=done.at, pseudonym=done.pseudonym, rows=done.rows)
