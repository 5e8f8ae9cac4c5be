"""Signed links for the merchant's backend: a page of ours that it may send its customer to."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import CustomerState, InvoiceState
from app.cases.models import Case
from app.cases.states import CaseState
from app.core.auth import Scope
from app.core.errors import Conflict, NotFound
from app.core.links import LIFETIMES, LinkPurpose
from app.core.web import Caller, needs, no_store
from app.dunning import repository as dunning
from app.ops.dossier import open_case_of
from app.ops.ports import At
from app.ops.schemas import Instant, Key, problems

router = APIRouter(prefix="/api/links", tags=["links"], dependencies=[Depends(no_store)])


class NewLink(BaseModel):
    """Which page, for whom. Only `card` exists so far."""

    model_config = ConfigDict(extra="forbid")

    purpose: Literal["card"]
    customer: Key
    subscription: Key | None = None


class LinkOut(BaseModel):
    url: str
    expires_at: Instant


@router.post("", status_code=201, responses=problems(404, 409, 422))
def make_link(at: At, _: Annotated[Caller, Depends(needs(Scope.OPERATE))], new: NewLink) -> LinkOut:
    """A link to the card page of the customer's open case."""
    lifetime = LIFETIMES[LinkPurpose.CARD]
    assert lifetime is not None
    made_at = at.clock().replace(microsecond=0)
    with at.db.read() as session:
        case = _open_case(session, new)
        return LinkOut(url=at.card_link(case), expires_at=made_at + lifetime)


def _open_case(session: Session, new: NewLink) -> Case:
    if new.customer not in billing.load(session, CustomerState, [new.customer]):
        raise NotFound(f"there is no customer {new.customer}")
    case = open_case_of(session, new.customer)
    if case is None:
        raise Conflict(f"{new.customer} has no open case: no payment of theirs is late")
    if case.state == CaseState.HELD:
        raise Conflict(f"{case.id} is held ({case.held_reason}); release it first")
    if new.subscription is not None and new.subscription not in _subscriptions(session, case):
        raise Conflict(f"no payment of {new.subscription} is late in {case.id}")
    return case


def _subscriptions(session: Session, case: Case) -> set[str | None]:
    ids = [row.invoice_id for row in dunning.debts_of(session, case.id)]
    return {i.subscription_id for i in billing.load(session, InvoiceState, ids).values()}
