"""What became of an accepted offer, a cancellation, a change of mind: case, mails, messages out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.cancellation import mails, repository
from app.cancellation.ending import CANCEL, KEEP
from app.cancellation.ports import Setup
from app.cases import repository as case_rows
from app.cases import service as case_engine
from app.cases.models import Case
from app.cases.states import CaseKind, CaseState, Outcome
from app.hooks.facts import HookSettled
from app.hooks.service import announce
from app.hooks.states import HookType
from app.offers import acknowledging
from app.offers import service as offers
from app.offers.models import Grant
from app.offers.states import GrantState
from app.outbox.facts import ActionSettled
from app.outbox.service import open_task
from app.outbox.states import ActionState


def action_settled(session: Session, fact: ActionSettled, setup: Setup, *, now: datetime) -> None:
    """A change at the provider came to an end: hear of it if it is one of ours.

    The case is locked before the grant, as the pages do it: two who lock in one order never wait for each other.
    """
    if fact.name not in (offers.APPLY, CANCEL, KEEP):
        return
    case = _case_of(session, fact.case_id)
    grant = offers.settled(session, fact, now=now)
    if grant is not None:
        grant_settled(session, grant, setup, now=now)
        return
    if case is None or fact.name == offers.APPLY:
        return
    result = fact.result or {}
    status = result.get("status") if fact.state == ActionState.DONE else None
    match fact.name, status:
        case "cancel_subscription", "cancelled":
            cancelled(session, case, setup, result, now=fact.at)
        case "keep_subscription", "kept":
            undone(session, case, setup, now=fact.at)
        case "keep_subscription", "ended":
            case_engine.note(
                session, case, "undo.late", "It was too late: the subscription has ended.", now=now
            )
        case _:
            by_hand(
                session, case, setup, fact.name, result.get("why") or fact.detail or "unknown", now=fact.at
            )


def acknowledged(session: Session, fact: HookSettled, setup: Setup, *, now: datetime) -> None:
    """The merchant's backend took note of an entitlement, or never will."""
    grant = acknowledging.settled(session, fact, now=now)
    if grant is not None:
        grant_settled(session, grant, setup, now=now)


def grant_settled(session: Session, grant: Grant, setup: Setup, *, now: datetime) -> None:
    """An accepted offer is in place, or is not: saved, or open again."""
    if grant.state == GrantState.APPLIED:
        _confirm(session, grant, setup, now=now)
    case = _case_of(session, grant.case_id)
    if case is None:
        return
    if grant.state == GrantState.APPLIED:
        _close(session, case, Outcome.SAVED, f"The offer {grant.offer} is in place: saved.", now=now)
    elif grant.state == GrantState.FAILED:
        words = f"The offer {grant.offer} could not be applied: {grant.failure}. Nothing is counted as saved."
        case_engine.note(session, case, "offer.failed", words, now=now)


def _confirm(session: Session, grant: Grant, setup: Setup, *, now: datetime) -> None:
    """What was promised, in writing: whether by the cancel page or, while the paid time ran, by the return page."""
    case = case_rows.get(session, grant.case_id, lock=True)
    if case is None or (case.kind == CaseKind.WINBACK and grant.subscription_id != case.subject_id):
        return  # who bought anew has the provider's receipt
    context = mails.offer_context(case, grant, setup)
    mails.send(
        session, case, mails.OFFER_CONFIRMED, setup, key=f"{grant.id}:confirmed", context=context, now=now
    )


def cancelled(session: Session, case: Case, setup: Setup, result: dict[str, Any], *, now: datetime) -> None:
    """The provider shows the cancellation: confirm it at once, and only once."""
    visits = repository.visits_of(session, [case.id])
    declared = min((v.declared_at for v in visits if v.declared_at), default=None)
    at_once = bool(result.get("at_once"))
    context = mails.cancelled_context(
        case,
        setup,
        ends_at=result.get("ends_at"),
        at_once=at_once,
        declared_at=declared.isoformat() if declared else None,
    )
    mails.send(session, case, mails.CANCELLED, setup, key="cancelled", context=context, now=now)
    end = result.get("ends_at") or "now"
    _close(session, case, Outcome.CANCELLED, f"Cancelled by the customer; it ends {end}.", now=now)
    _tell(session, case, HookType.SUBSCRIPTION_CANCELLED, {"ends_at": result.get("ends_at")}, now=now)


def undone(session: Session, case: Case, setup: Setup, *, now: datetime) -> None:
    """The cancellation was taken back before its end."""
    mails.send(session, case, mails.UNDONE, setup, key="undone", context={}, now=now)
    case.outcome = Outcome.UNDONE
    case_engine.note(session, case, "undone", "The cancellation was taken back: it renews again.", now=now)
    _tell(session, case, HookType.CANCELLATION_UNDONE, {}, now=now)


def by_hand(session: Session, case: Case, setup: Setup, what: str, why: str, *, now: datetime) -> None:
    """A shape that we do not touch, or a provider that refuses: a person carries it out by a deadline."""
    due_at = now + timedelta(days=setup.cancellation.manual_days)
    open_task(
        session,
        key=f"{case.id}:{what}:by_hand",
        kind="manual_request",
        title="Cancel a subscription by hand" if what == CANCEL else "Take a cancellation back by hand",
        detail=f"{case.subject_id}: {why}. The customer was told that their wish has arrived.",
        case_id=case.id,
        customer_id=case.customer_id,
        due_at=due_at,
        now=now,
    )
    context = {"received_at": now.isoformat(), "undo": what == KEEP}
    mails.send(session, case, mails.RECEIVED, setup, key=f"{what}:received", context=context, now=now)
    _close(session, case, Outcome.MANUAL, f"A person carries it out: {why}.", now=now)


def _case_of(session: Session, case_id: str | None) -> Case | None:
    case = case_rows.get(session, case_id or "", lock=True)
    return case if case is not None and case.kind == CaseKind.CANCELLATION else None


def _close(session: Session, case: Case, outcome: Outcome, sentence: str, *, now: datetime) -> None:
    """Close the case; a closed one takes the stronger news: what the provider shows beats what we waited for."""
    if case.state == CaseState.CLOSED:
        if case.outcome in (Outcome.ABANDONED, Outcome.MANUAL, Outcome.SAVED):
            case.outcome, case.closed_at = outcome, now
            case_engine.note(session, case, "amended", sentence, now=now)
        return
    planned = case_rows.planned_steps(session, [case.id])[case.id]
    case_engine.close(session, case, planned, outcome, closed_at=now, sentence=sentence, now=now)


def _tell(session: Session, case: Case, type: HookType, more: dict[str, Any], *, now: datetime) -> None:
    data = {"case": case.id, "customer": case.customer_id, "subscription": case.subject_id, **more}
    announce(session, type=type, key=f"{case.id}:{type}", customer_id=case.customer_id, data=data, now=now)
