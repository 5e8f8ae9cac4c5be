"""The life of a grant: shown, accepted, applied or failed, declined, expired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.errors import ReclaimError
from app.core.ids import new_id
from app.hooks.service import announce
from app.hooks.states import HookType
from app.offers import budget, repository
from app.offers.choosing import version_of_offer
from app.offers.models import Entitlement, Grant
from app.offers.rules.policy import Catalogue, Offer
from app.offers.rules.terms import Terms, terms_from_json
from app.offers.states import GrantState, Means, OfferKind
from app.outbox.facts import ActionSettled
from app.outbox.models import Action
from app.outbox.service import open_task, queue_action
from app.outbox.states import ActionState

APPLY = "apply_grant"
SHOWN_FOR = timedelta(hours=24)
ANSWER_IN = timedelta(days=2)


class NotAvailable(ReclaimError):
    """An offer that was shown can no longer be had. The message is for the customer's page to translate."""

    code = "offer_not_available"


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why and by whom an offer is made."""

    case_id: str
    customer_id: str
    subscription_id: str
    address_hash: str | None
    arm: str
    reason: str | None
    preset: str | None
    given_by: str = "page"


def show(session: Session, to: Occasion, name: str, offer: Offer, terms: Terms, *, now: datetime) -> Grant:
    """Write down that an offer is shown, with its terms."""
    grant = Grant(
        id=new_id("grant"),
        case_id=to.case_id,
        customer_id=to.customer_id,
        subscription_id=to.subscription_id,
        address_hash=to.address_hash,
        offer=name,
        offer_version=version_of_offer(offer),
        kind=offer.kind,
        state=GrantState.SHOWN,
        arm=to.arm,
        reason=to.reason,
        preset=to.preset,
        given_by=to.given_by,
        terms=terms.as_json(),
        currency=terms.currency,
        cost_minor=terms.cost_minor,
        shown_at=now,
        expires_at=now + SHOWN_FOR,
        ends_at=terms.ends_at,
        full_charge_at=terms.full_charge_at,
        paid_minor=0,
        look_at=now + SHOWN_FOR,
    )
    session.add(grant)
    session.flush()
    return grant


def accept(session: Session, grant_id: str, catalogue: Catalogue, *, now: datetime) -> Action | None:
    """Take an offer: book its cost and put the change into the outbox. None: nothing is to be done for it.

    Accepting again gives the same action again. Raises NotAvailable if it has expired, was declined, or
    the month's budget is used up by now.
    """
    grant = repository.get(session, grant_id, lock=True)
    if grant is None:
        raise NotAvailable("there is no such offer")
    if grant.state != GrantState.SHOWN:
        if grant.state in (GrantState.DECLINED, GrantState.EXPIRED, GrantState.FAILED):
            raise NotAvailable(f"the offer is {grant.state}")
        return repository.action_of(session, grant.id)
    if grant.expires_at <= now:
        expire(session, grant, now=now)
        raise NotAvailable("the offer is expired")
    why = _take(session, grant, catalogue.get(grant.offer), now=now)
    if why is not None:
        expire(session, grant, now=now)
        grant.failure = why
        raise NotAvailable(why)
    tell(session, grant, HookType.OFFER_ACCEPTED, now=now)
    return _carry_out(session, grant, terms_from_json(grant.terms), now=now)


def _take(session: Session, grant: Grant, offer: Offer | None, *, now: datetime) -> str | None:
    """Accept and book, both or neither; a sentence if it cannot be."""
    try:
        # Changed inside the savepoint: opening one writes what was changed before it, outside of it.
        with session.begin_nested():
            grant.state, grant.accepted_at, grant.look_at = GrantState.ACCEPTED, now, now + timedelta(hours=1)
            session.flush()
            if not budget.book(session, grant, offer, now=now):
                raise NotAvailable("the budget is used up")
    except IntegrityError:
        return "another offer is being applied"
    except NotAvailable as error:
        return str(error)
    return None


def yield_to_the_end(session: Session, grant: Grant) -> None:
    """The customer cancels while an accepted offer waits for its next try: it must not take that end back."""
    action = repository.action_of(session, grant.id) if grant.state == GrantState.ACCEPTED else None
    if action is not None and action.state in (ActionState.QUEUED, ActionState.RETRY):
        action.params = {**action.params, "terms": {**action.params["terms"], "was_ending": False}}


def _carry_out(session: Session, grant: Grant, terms: Terms, *, now: datetime) -> Action | None:
    match terms.means:
        case Means.NOTHING:
            _take_note(session, grant, now=now)
            return None
        case Means.ENTITLEMENT:
            entitle(session, grant, terms, now=now)
            return None
        case _:
            return queue_action(
                session,
                key=f"{grant.id}:apply",
                name=APPLY,
                customer_id=grant.customer_id,
                case_id=grant.case_id,
                params={"grant": grant.id, "subscription": grant.subscription_id, "terms": grant.terms},
                now=now,
            )


def _take_note(session: Session, grant: Grant, *, now: datetime) -> None:
    """An offer that changes nothing at the provider: a person is asked to answer, or the way is shown."""
    grant.state, grant.applied_at, grant.settled_at, grant.look_at = GrantState.APPLIED, now, now, None
    if grant.kind == OfferKind.TALK:
        open_task(
            session,
            key=f"{grant.id}:talk",
            kind="talk",
            title="A customer who wants to leave would like to talk to a person",
            detail=f"{grant.subscription_id}; reason: {grant.reason or 'none given'}.",
            case_id=grant.case_id,
            customer_id=grant.customer_id,
            due_at=now + ANSWER_IN,
            now=now,
        )


def entitle(session: Session, grant: Grant, terms: Terms, *, now: datetime) -> None:
    """The merchant's backend is told of the higher plan; applied once it has acknowledged it."""
    assert terms.ends_at is not None
    session.add(
        Entitlement(
            id=new_id("ent"),
            grant_id=grant.id,
            customer_id=grant.customer_id,
            subscription_id=grant.subscription_id,
            price_id=terms.price_id or "",
            plan_name=terms.plan_name or "",
            from_at=now,
            until_at=terms.ends_at,
        )
    )
    announce(
        session,
        type=HookType.ENTITLEMENT_CHANGED,
        key=f"{grant.id}:entitled",
        customer_id=grant.customer_id,
        data=entitlement_data(grant, terms, active=True),
        now=now,
    )


def entitlement_data(grant: Grant, terms: Terms, *, active: bool) -> dict[str, Any]:
    """What the merchant's backend is told of an entitlement."""
    return {
        "grant": grant.id,
        "customer": grant.customer_id,
        "subscription": grant.subscription_id,
        "price": terms.price_id,
        "plan": terms.plan_name,
        "active": active,
        "until": terms.ends_at.isoformat() if terms.ends_at else None,
    }


def decline(session: Session, grant: Grant, *, now: datetime) -> None:
    """The customer has said no, or has cancelled instead."""
    if grant.state == GrantState.SHOWN:
        grant.state, grant.settled_at, grant.look_at = GrantState.DECLINED, now, None


def expire(session: Session, grant: Grant, *, now: datetime) -> None:
    """Nobody answered in time."""
    if grant.state == GrantState.SHOWN:
        grant.state, grant.settled_at, grant.look_at = GrantState.EXPIRED, now, None
        budget.release(session, grant)  # a return's is booked before the checkout


def settled(session: Session, fact: ActionSettled, *, now: datetime) -> Grant | None:
    """What became of the change at the provider; the grant, if this settled one."""
    if fact.name != APPLY:
        return None
    grant = repository.get(session, fact.params["grant"], lock=True)
    if grant is None or grant.state != GrantState.ACCEPTED:
        return None
    result = fact.result or {}
    if fact.state == ActionState.DONE and result.get("status") == "applied":
        applied(session, grant, now=fact.at)
    elif fact.state == ActionState.UNKNOWN:
        grant.failure = fact.detail  # a person is asked; reconciliation reads the subscription again
    else:
        fail(session, grant, result.get("why") or fact.detail or "the provider refused", now=fact.at)
    return grant


def applied(session: Session, grant: Grant, *, now: datetime) -> None:
    """The benefit is in place."""
    grant.state, grant.applied_at, grant.failure, grant.look_at = GrantState.APPLIED, now, None, now
    tell(session, grant, HookType.OFFER_APPLIED, now=now)


def fail(session: Session, grant: Grant, why: str, *, now: datetime) -> None:
    """It did not come about: nothing is counted, and the budget has its money back."""
    grant.state, grant.failure, grant.settled_at, grant.look_at = GrantState.FAILED, why, now, None
    budget.release(session, grant)
    tell(session, grant, HookType.OFFER_FAILED, now=now)


def tell(session: Session, grant: Grant, type: HookType, *, now: datetime) -> None:
    """Tell the merchant's backend about a grant."""
    data = {
        "grant": grant.id,
        "customer": grant.customer_id,
        "subscription": grant.subscription_id,
        "offer": grant.offer,
        "kind": grant.kind,
        "cost": {"amount_minor": grant.cost_minor, "currency": grant.currency},
        "ends_at": grant.ends_at.isoformat() if grant.ends_at else None,
    }
    announce(session, type=type, key=f"{grant.id}:{type}", customer_id=grant.customer_id, data=data, now=now)
