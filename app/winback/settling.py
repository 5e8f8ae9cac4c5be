"""A sequence follows the person: whoever is back by whatever way is written to no more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from app.billing.states import SubscriptionState
from app.cases import repository as case_rows
from app.cases import service as case_engine
from app.cases.models import Case
from app.cases.states import CaseState, Outcome
from app.offers import repository as grants
from app.offers.models import Grant
from app.offers.states import ACCEPTED_ONCE
from app.outbox.service import queue_action
from app.winback import repository
from app.winback.models import Lapse, ReturnSession
from app.winback.rules.contract import contract_of
from app.winback.rules.outcome import (
    Departure,
    Held,
    came_back,
    came_back_later,
    runs_besides,
    way_back,
)
from app.winback.states import How
from app.winback.telling import tell_returned

EXPIRE_CHECKOUT = "expire_checkout"
"""The action that closes an open checkout: params `session`."""


def departure_of(lapse: Lapse) -> Departure:
    return Departure(lapse.id, min(lapse.ends_at, lapse.cancelled_at or lapse.ends_at))


def held(row: SubscriptionState) -> Held:
    contract = contract_of(row)
    return Held(row.id, row.status, row.created_at, row.cancel_at, contract.price_minor if contract else None)


def settle(
    session: Session, case: Case, lapse: Lapse, theirs: Iterable[SubscriptionState], now: datetime
) -> None:
    """Close the case if the person is back. `theirs`: every subscription of theirs, over all their customers."""
    if case.state == CaseState.CLOSED:
        return
    rows, left = [held(r) for r in theirs], departure_of(lapse)
    back = came_back(left, rows)
    if back is not None:
        _returned(session, case, lapse, back, now=now)
    elif runs_besides(left, rows):
        words = "Another subscription of theirs runs, and did when they left: nothing is sent."
        close(session, case, Outcome.STOPPED, words, now=now)


def _returned(session: Session, case: Case, lapse: Lapse, back: Held, *, now: datetime) -> None:
    taken = _record(session, case, lapse, back, now=now)
    words = f"They are back with {back.id} ({lapse.returned_how}): returned."
    close(session, case, Outcome.RETURNED, words, now=now)
    tell_returned(session, lapse, taken, now=now)


def settle_late(session: Session, lapse: Lapse, theirs: Iterable[SubscriptionState], now: datetime) -> None:
    """Note on the lapse that the person is back, where their sequence is over or never was: a closed case stays so."""
    back = came_back_later(Departure(lapse.id, lapse.ends_at), [held(r) for r in theirs])
    if back is None:
        return
    case = case_rows.get(session, lapse.case_id, lock=True) if lapse.case_id else None
    if case is not None and case.state != CaseState.CLOSED:
        return
    taken = _record(session, case, lapse, back, now=now)
    if case is not None:
        words = f"They came back with {back.id} ({lapse.returned_how}) after it was over."
        case_engine.note(session, case, "returned.late", words, now=now)
    tell_returned(session, lapse, taken, now=now)


def _record(session: Session, case: Case | None, lapse: Lapse, back: Held, *, now: datetime) -> Grant | None:
    """When, by which way and to what they came back; the offer they took, if any."""
    made = repository.sessions_of(session, case.id) if case is not None else []
    offered = grants.of_case(session, case.id) if case is not None else []
    taken = next((g for g in offered if g.state in ACCEPTED_ONCE and g.subscription_id == back.id), None)
    lapse.returned_how = way_back(
        back,
        departure_of(lapse),
        checkout=any(s.subscription_id == back.id for s in made),
        offer=taken is not None,
        clicked=case is not None and bool(case.details.get("clicks")),
    )
    lapse.returned_at = max(back.created_at or now, lapse.cancelled_at or lapse.ends_at)
    if back.id == lapse.id:
        lapse.returned_at = now
    lapse.returned_subscription_id, lapse.returned_price_minor = back.id, back.price_minor
    lapse.grant_id = taken.id if taken else None
    lapse.look_at = None
    if case is not None:
        case.details = {**case.details, "how": lapse.returned_how}
    return taken


def returned_by_checkout(session: Session, case: Case, row: ReturnSession, *, now: datetime) -> None:
    """A checkout was completed: a return that its subscription told of before was by this way."""
    lapse = repository.lapse(session, case.subject_id, lock=True)
    if lapse is None or lapse.returned_subscription_id != row.subscription_id:
        return  # the subscription's own row closes the case
    how = How.OFFER if row.grant_id else How.PAGE
    if lapse.returned_how != how:
        lapse.returned_how, lapse.grant_id = how, row.grant_id
        case.details = {**case.details, "how": how}
        case_engine.note(session, case, "amended", f"It was through our checkout ({how}).", now=now)
        tell_returned(session, lapse, grants.get(session, row.grant_id), now=now)


def close(session: Session, case: Case, outcome: Outcome, sentence: str, *, now: datetime) -> None:
    """End the sequence; a checkout that is still open is closed at the provider."""
    planned = case_rows.planned_steps(session, [case.id])[case.id]
    case_engine.close(session, case, planned, outcome, closed_at=now, sentence=sentence, now=now)
    for row in repository.open_sessions(session, case.id):
        queue_action(
            session,
            key=f"{row.id}:expire",
            name=EXPIRE_CHECKOUT,
            customer_id=case.customer_id,
            case_id=case.id,
            params={"session": row.id},
            own_wish=True,
            now=now,
        )
