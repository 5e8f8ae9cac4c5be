"""Signed links for the merchant's backend: a page of ours that it may send its customer to."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import TERMINAL_SUBSCRIPTION, CustomerState, InvoiceState, SubscriptionState
from app.cases import repository as case_rows
from app.cases.models import Case
from app.cases.states import CaseKind, CaseState
from app.contacts.rules.place import is_language
from app.core.auth import Scope
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.links import LIFETIMES, LinkPurpose, LinkSubject
from app.core.origins import LONGEST_RETURN_URL, may_lead_back
from app.core.web import Caller, needs, no_store
from app.dunning import repository as dunning
from app.ops.dossier import open_case_of
from app.ops.ports import At, Workplace
from app.ops.schemas import Instant, Key, problems

LOOKED_THROUGH = 20

router = APIRouter(prefix="/api/links", tags=["links"], dependencies=[Depends(no_store)])


def _language(value: str | None) -> str | None:
    if value is not None and not is_language(value):
        raise ValueError("must be a language tag such as de or de-AT")
    return value


class NewLink(BaseModel):
    """Which page, for whom. All but the first three are for `cancel` only, which needs the subscription.

    `return` is the page of the customer's newest win-back. `may_act` false: for a team member who may see the page
    and change nothing. `return_url`: where the last page leads back to, an address at one of `[links] return_origins`.
    `locale`: what the page speaks, if it can.
    """

    model_config = ConfigDict(extra="forbid")

    purpose: Literal["cancel", "card", "return"]
    customer: Key
    subscription: Key | None = None
    locale: Annotated[str | None, Field(max_length=35), AfterValidator(_language)] = None
    return_url: str | None = Field(None, max_length=LONGEST_RETURN_URL)
    may_act: bool = True


class LinkOut(BaseModel):
    url: str
    expires_at: Instant


@router.post("", status_code=201, responses=problems(404, 409, 422))
def make_link(at: At, _: Annotated[Caller, Depends(needs(Scope.OPERATE))], new: NewLink) -> LinkOut:
    """A link to the cancel page of a subscription, the card page of the open case, or the return page."""
    purpose = _purpose(new)
    lifetime = LIFETIMES[purpose]
    assert lifetime is not None
    expires_at = at.clock().replace(microsecond=0) + lifetime
    with at.db.read() as session:
        if new.customer not in billing.load(session, CustomerState, [new.customer]):
            raise NotFound(f"there is no customer {new.customer}")
        if purpose is LinkPurpose.CARD:
            return LinkOut(url=at.card_link(_open_case(session, new)), expires_at=expires_at)
        is_return = purpose is LinkPurpose.RETURN
        subject = _way_back(session, new) if is_return else _subject(session, at, new)
    page = "return" if is_return else "cancel"
    url = f"{at.settings.public_url}/{page}/{at.links.sign(purpose, subject)}"
    return LinkOut(url=url, expires_at=expires_at)


def _purpose(new: NewLink) -> LinkPurpose:
    if new.purpose == "cancel":
        return LinkPurpose.CANCEL if new.may_act else LinkPurpose.CANCEL_VIEW
    more = [name for name in ("locale", "return_url", "may_act") if name in new.model_fields_set]
    if more:
        raise InvalidInput(f"{', '.join(more)}: only links to the cancel page take this")
    return LinkPurpose(new.purpose)


def _way_back(session: Session, new: NewLink) -> LinkSubject:
    """The newest win-back of the customer, or of the subscription that has ended; also one that is over."""
    found = case_rows.listing(session, kind=CaseKind.WINBACK, customer_id=new.customer, limit=LOOKED_THROUGH)
    case = next((c for c in found if new.subscription in (None, c.subject_id)), None)
    if case is None:
        raise Conflict(f"{new.customer} was never enrolled to be won back")
    return LinkSubject(case.customer_id, case.id, case.link_epoch)


def _subject(session: Session, at: Workplace, new: NewLink) -> LinkSubject:
    if new.subscription is None:
        raise InvalidInput("subscription: a link to the cancel page is about one subscription")
    if new.return_url is not None and not may_lead_back(new.return_url, at.config.links.return_origins):
        raise InvalidInput("return_url: its origin is not listed in [links] return_origins of reclaim.toml")
    found = billing.load(session, SubscriptionState, [new.subscription]).get(new.subscription)
    if found is None:
        raise NotFound(f"there is no subscription {new.subscription}")
    if found.customer_id != new.customer:
        raise Conflict(f"{new.subscription} is not a subscription of {new.customer}")
    if found.ended_at is not None or found.status in TERMINAL_SUBSCRIPTION:
        raise Conflict(f"{new.subscription} has ended; there is nothing to cancel")
    return LinkSubject(new.customer, found.id, 0, back=new.return_url, locale=new.locale)


def _open_case(session: Session, new: NewLink) -> Case:
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
