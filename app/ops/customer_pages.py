"""The page of one customer: what we know, what stands against writing, and what staff may do for them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Response
from sqlalchemy.orm import Session

from app.cancellation.by_staff import Done, Told
from app.cancellation.service import COMMENT_LIMIT
from app.core.text import clean_person_name
from app.ops import leaving
from app.ops.case_lines import lines_of
from app.ops.cases import page_of_cases
from app.ops.customers import detail_of
from app.ops.forms import sent_by_operator
from app.ops.history import history_of
from app.ops.leaving import WHY_LIMIT
from app.ops.pages import PageRoute, render, see
from app.ops.ports import At, Workplace
from app.ops.schemas import Key
from app.ops.session import Visitor, visitor

router = APIRouter(prefix="/ops/customers", route_class=PageRoute, include_in_schema=False)
MOST_CASES = 20

Text = Annotated[str, Form(max_length=WHY_LIMIT)]
Comment = Annotated[str, Form(max_length=COMMENT_LIMIT)]


@router.get("/{customer_id}")
def show_customer(place: At, who: Annotated[Visitor, Depends(visitor)], customer_id: Key) -> Response:
    """One customer."""
    with place.db.read() as session:
        return render(place, "customer.html", who, **_shown(session, place, customer_id))


def _shown(session: Session, place: Workplace, customer_id: str) -> dict[str, Any]:
    found = detail_of(session, place, customer_id)
    cases, _ = page_of_cases(session, customer=customer_id, limit=MOST_CASES)
    policy = place.cancelling.cancellation
    return {
        "found": found,
        "name": clean_person_name(found.customer.name),
        "lines": lines_of(session, cases),
        "history": history_of(session, customer_id),
        "reasons": {key: reason.label for key, reason in policy.reasons.items()},
        "offers": sorted(place.cancelling.offers),
        "live": [s for s in found.subscriptions if s.ended_at is None],
        "limit": WHY_LIMIT,
        "most": COMMENT_LIMIT,
    }


@router.post("/{customer_id}/cancellations")
def cancel_for_customer(
    place: At,
    who: Annotated[Visitor, Depends(sent_by_operator)],
    customer_id: Key,
    subscription: Text = "",
    why: Text = "",
    reason: Text = "",
    comment: Comment = "",
    when: Text = "period_end",
) -> Response:
    """Cancel on the customer's word, then show what became of it."""
    told = Told(reason or None, comment or None)
    return _after(leaving.cancel(place, customer_id, who.name, subscription, why, told, when=when))


@router.post("/{customer_id}/offers")
def give_offer(
    place: At,
    who: Annotated[Visitor, Depends(sent_by_operator)],
    customer_id: Key,
    subscription: Text = "",
    offer: Text = "",
    why: Text = "",
    reason: Text = "",
    comment: Comment = "",
) -> Response:
    """Give an offer, then show what became of it; a refusal is a page with every reason."""
    told = Told(reason or None, comment or None)
    return _after(leaving.give(place, customer_id, who.name, subscription, why, told, offer=offer))


def _after(done: Done) -> Response:
    return see(f"/ops/cases/{done.case_id}")
