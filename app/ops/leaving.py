"""Staff cancel for a customer, or give them an offer, on the customer's word."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from app.cancellation import by_staff
from app.cancellation.by_staff import Done, Order, Told
from app.cancellation.service import COMMENT_LIMIT, MISSING_LIMIT
from app.core.auth import Scope
from app.core.errors import InvalidInput
from app.core.text import clean_line
from app.core.web import Caller, needs, no_store
from app.ops.ports import At, Workplace
from app.ops.schemas import Instant, Key, problems

router = APIRouter(prefix="/api/customers", tags=["customers"], dependencies=[Depends(no_store)])

WHY_LIMIT = 300
Operator = Annotated[Caller, Depends(needs(Scope.OPERATE))]


class _Ask(BaseModel):
    """`why` is kept with the act; `reason` and `comment` are what the customer says."""

    model_config = ConfigDict(extra="forbid")

    subscription: Key
    why: str = Field(min_length=1, max_length=WHY_LIMIT)
    reason: str | None = Field(None, max_length=64, description="a key of [cancellation.reasons]")
    comment: str | None = Field(None, max_length=COMMENT_LIMIT)


class CancellationIn(_Ask):
    """`when`: with the end of the paid time, or now without a refund."""

    when: Literal["period_end", "now"] = "period_end"


class OfferIn(_Ask):
    """`missing`: which feature they miss; an upgrade is given for one only."""

    offer: str = Field(min_length=1, max_length=80, description="a name of [offers]")
    missing: str | None = Field(None, max_length=MISSING_LIMIT)


class DoneOut(BaseModel):
    """`pending`: stored and on its way. `manual`: a person must carry it out, a task is open. `failed`: see `why`.

    `again`: it was under way or done before, and nothing was added.
    """

    case_id: str
    status: Literal["cancelled", "applied", "pending", "manual", "failed"]
    grant_id: str | None
    ends_at: Instant | None
    why: str | None
    again: bool


@router.post("/{customer_id}/cancellations", status_code=201, responses=problems(404, 409, 422))
def cancel_for_customer(at: At, who: Operator, customer_id: Key, asked: CancellationIn) -> DoneOut:
    """Cancel a subscription because the customer asked for it, by telephone for instance."""
    told = Told(asked.reason, asked.comment)
    return _out(cancel(at, customer_id, who.name, asked.subscription, asked.why, told, when=asked.when))


@router.post("/{customer_id}/offers", status_code=201, responses=problems(404, 409, 422))
def give_offer(at: At, who: Operator, customer_id: Key, asked: OfferIn) -> DoneOut:
    """Give a customer an offer that they want; 409 lists every reason why they may not have it."""
    told = Told(asked.reason, asked.comment, asked.missing)
    return _out(give(at, customer_id, who.name, asked.subscription, asked.why, told, offer=asked.offer))


def cancel(
    place: Workplace, customer: str, who: str, subscription: str, why: str, told: Told, *, when: str
) -> Done:
    """What the API and the page share."""
    order = Order(customer, subscription, who, _clean(why))
    return by_staff.cancel(place, order, told, at_once=when == "now")


def give(
    place: Workplace, customer: str, who: str, subscription: str, why: str, told: Told, *, offer: str
) -> Done:
    """What the API and the page share."""
    return by_staff.give(place, Order(customer, subscription, who, _clean(why)), offer, told)


def _clean(why: str) -> str:
    """One line; raises InvalidInput for none, as an act without a reason cannot be answered for."""
    said = clean_line(why, WHY_LIMIT)
    if not said:
        raise InvalidInput("why: say why you do this; it is kept with the act")
    return said


def _out(done: Done) -> DoneOut:
    return DoneOut.model_validate(done, from_attributes=True)
