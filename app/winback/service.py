"""What the return page asks for: a click, the offer, a checkout and its end, a "no thanks".

Each is called within the transaction of the request or event that asks for it; none calls the provider.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import SubscriptionState
from app.cases import repository as case_rows
from app.cases import service as case_engine
from app.cases.models import Case
from app.cases.states import CaseKind, CaseState, Outcome
from app.offers import repository as grants
from app.offers import returning
from app.offers.choosing import Chosen, choose
from app.offers.models import Grant
from app.offers.rules.contract import Contract
from app.offers.rules.for_return import LastPlan
from app.offers.service import Occasion
from app.winback import repository, settling
from app.winback.desk import last_plan, person_of, policy_of
from app.winback.mails import Setup
from app.winback.models import Lapse, ReturnSession
from app.winback.rules.contract import contract_of
from app.winback.states import LapseKind, ReturnState


def lapse_of(session: Session, case: Case) -> Lapse | None:
    """The lapse that a case is about."""
    return repository.lapse(session, case.subject_id)


def clicked(session: Session, case: Case, now: datetime, by: str = "page") -> None:
    """The customer was at the return page and pressed something, or the mail provider tells of a click."""
    clicks = [*case.details.get("clicks", []), {"at": now.isoformat(), "by": by}]
    case.details = {**case.details, "clicks": clicks[-20:]}
    if len(clicks) == 1:
        case_engine.note(session, case, "clicked", f"The customer followed the link (by {by}).", now=now)


def offer_for(
    session: Session,
    case: Case,
    setup: Setup,
    now: datetime,
    *,
    last: LastPlan | None = None,
    contract: Contract | None = None,
) -> Chosen:
    """The offer that this case makes now, or none and why. Writes nothing.

    `last`: the plan to return to, where it is not the old one (a successor); `contract`: the live one of a
    subscription that still runs, by our rows where it is not given.
    """
    lapse = lapse_of(session, case)
    if lapse is None:
        return Chosen(None)
    policy = policy_of(session, case, setup)
    names = policy.offers_for(LapseKind(lapse.kind), lapse.reason, case.experiment_arm)
    if not names:
        return Chosen(None)
    person = person_of(session, lapse, now=now)
    taken = returning.had_money_off(session, person, timedelta(days=policy.offer_once_in_days), now=now)
    if taken is not None:
        why = f"they took an offer on {taken:%d %B %Y}, less than {policy.offer_once_in_days} days ago"
        return Chosen(None, refused={name: [why] for name in names})
    if lapse.running:
        contract = contract or _by_our_rows(session, lapse)
        if contract is None:
            return Chosen(None)
        return choose(session, setup.offers, names, contract, person, preview=None, now=now)
    return returning.choose_for_return(
        session, setup.offers, names, last or last_plan(lapse), person, now=now
    )


def _by_our_rows(session: Session, lapse: Lapse) -> Contract | None:
    row = billing.load(session, SubscriptionState, [lapse.id]).get(lapse.id)
    return contract_of(row) if row is not None else None


def make_offer(session: Session, case: Case, chosen: Chosen, setup: Setup, now: datetime) -> Grant | None:
    """The grant of the return page's POST, shown and booked until the checkout ends; None: the budget is used up.

    Pressed twice it is one grant.
    """
    lapse = lapse_of(session, case)
    if lapse is None or chosen.name is None:
        return None
    occasion = Occasion(
        case_id=case.id,
        customer_id=case.customer_id,
        subscription_id=lapse.id,
        address_hash=person_of(session, lapse, now=now).address_hash,
        arm=case.experiment_arm,
        reason=lapse.reason,
        preset=None,
        given_by="return",
    )
    grant = returning.offer_to_return(session, occasion, chosen, setup.offers, now=now)
    if grant is not None:
        case_engine.note(
            session, case, "offer.shown", f"The offer {grant.offer} is made for returning.", now=now
        )
    return grant


def remember_session(
    session: Session, session_id: str, case: Case, grant: Grant | None, now: datetime
) -> ReturnSession:
    """Keep the id of a checkout that the return page has just minted."""
    known = repository.return_session(session, session_id)
    if known is not None:
        return known
    row = ReturnSession(
        id=session_id,
        case_id=case.id,
        customer_id=case.customer_id,
        grant_id=grant.id if grant else None,
        state=ReturnState.OPEN,
        created_at=now,
    )
    session.add(row)
    session.flush()
    case_engine.note(session, case, "checkout", "The customer went on to the checkout.", now=now)
    return row


def completed(session: Session, session_id: str, subscription_id: str, setup: Setup, now: datetime) -> None:
    """A checkout of ours brought a subscription: the grant is taken, the case returned. In any order with its rows."""
    row = repository.return_session(session, session_id, lock=True)
    if row is None or row.state == ReturnState.COMPLETED:
        return
    row.state, row.completed_at, row.subscription_id = ReturnState.COMPLETED, now, subscription_id
    grant = grants.get(session, row.grant_id, lock=True)
    if grant is not None:
        returning.taken(session, grant, subscription_id, setup.offers, now=now)
    session.flush()
    case = case_rows.get(session, row.case_id, lock=True)
    if case is not None:
        settling.returned_by_checkout(session, case, row, now=now)


def expired(session: Session, session_id: str, now: datetime) -> None:
    """A checkout ended without a purchase: what was booked for it is given back."""
    row = repository.return_session(session, session_id, lock=True)
    if row is None or row.state != ReturnState.OPEN:
        return
    row.state = ReturnState.EXPIRED
    others = [s for s in repository.open_sessions(session, row.case_id) if s.grant_id == row.grant_id]
    grant = grants.get(session, row.grant_id, lock=True)
    if grant is not None and not [s for s in others if s.id != row.id]:
        returning.let_go(session, grant, now=now)


def not_interested(session: Session, case: Case, now: datetime) -> None:
    """The customer wants no more of this: the sequence ends, and no other begins for this lapse."""
    if case.kind != CaseKind.WINBACK or case.state == CaseState.CLOSED:
        return
    case.details = {**case.details, "declined": now.isoformat()}
    settling.close(session, case, Outcome.STOPPED, "The customer is not interested.", now=now)
