"""The steps of a visit: an answer, a permission, an accepted offer, a cancellation, a change of mind.

Each is called within the transaction of the POST that asks for it, and leaves the visit at its next screen.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cancellation import declarations_desk as declarations
from app.cancellation import repository
from app.cancellation.declarations import TASK_PREFIX, DeclarationKind, DeclarationState
from app.cancellation.desk import Desk
from app.cancellation.ending import CANCEL, KEEP
from app.cancellation.rules import course
from app.cancellation.rules.policy import OpenInvoices
from app.cancellation.rules.statutory import CancellationKind, Declared
from app.cancellation.states import Screen
from app.cases import service as case_engine
from app.cases.models import Case
from app.experiments import service as experiments
from app.offers import repository as grants
from app.offers import service as offers
from app.offers.choosing import Chosen, choose
from app.offers.models import Grant
from app.offers.states import GrantState, OfferKind
from app.outbox.models import Action
from app.outbox.service import open_task, queue_action

action_of = repository.action_of

COMMENT_LIMIT = 5000
MISSING_LIMIT = 80
ANSWER_DAYS = 2


def remember_answer(desk: Desk, *, reason: str | None, missing: str | None, comment: str | None) -> None:
    """Keep what was told; an unknown reason is none, a long comment is cut, and nothing is a condition."""
    visit, case = desk.visit, desk.case
    if reason in desk.policy.reasons:
        visit.reason = reason
        case.category = reason
    visit.missing = missing[:MISSING_LIMIT] if missing else visit.missing
    visit.comment = comment.strip()[:COMMENT_LIMIT] if comment and comment.strip() else visit.comment
    _ask_to_resolve(desk)


def answer(desk: Desk, *, reason: str | None, missing: str | None, comment: str | None) -> None:
    """Take the reason and decide what is shown next."""
    remember_answer(desk, reason=reason, missing=missing, comment=comment)
    visit = desk.visit
    chosen = _choose(desk)
    visit.screen = course.after_answer(
        desk.preset, offers_left=offers_left(desk), has_offer=chosen.name is not None
    )
    if visit.screen is Screen.OFFER:
        show(desk, chosen)


def offers_left(desk: Desk) -> int:
    """How many more offers this case may show. One that is still open does not count: it is shown again."""
    visits = repository.visits_of(desk.session, [desk.case.id])
    open_ones = sum(g.state == GrantState.SHOWN for g in grants.of_case(desk.session, desk.case.id))
    return desk.preset.most_offers - sum(v.offers_shown for v in visits) + open_ones


def _choose(desk: Desk) -> Chosen:
    """The offer for this visit, and the reasons against the others, which the case keeps."""
    if desk.contract is None:
        return Chosen(None)
    names = desk.policy.offers_for(desk.visit.reason, desk.case.experiment_arm)
    chosen = choose(
        desk.session,
        desk.setup.offers,
        names,
        desk.contract,
        desk.person(),
        preview=desk.preview,
        now=desk.now,
    )
    desk.visit.refused = {name: list(why) for name, why in chosen.refused.items()}
    experiments.log_decision(
        desk.session,
        case_engine.assignment_of(desk.case),
        customer_id=desk.case.customer_id,
        case_id=desk.case.id,
        observation={"reason": desk.visit.reason, "preset": desk.preset.name, "asked": list(names)},
        action=chosen.name or "none",
        policy_version=desk.case.policy_version,
        now=desk.now,
    )
    return chosen


def _ask_to_resolve(desk: Desk) -> None:
    asked = desk.policy.reasons.get(desk.visit.reason or "")
    if asked is None or not asked.resolve:
        return
    open_task(
        desk.session,
        key=f"{desk.case.id}:resolve",
        kind="concern",
        title="A customer is leaving over a concern that could be resolved",
        detail=f"{desk.visit.reason}, on the cancel page; subscription {desk.case.subject_id}.",
        case_id=desk.case.id,
        customer_id=desk.case.customer_id,
        due_at=desk.now + timedelta(days=ANSWER_DAYS),
        now=desk.now,
    )


def permit(desk: Desk) -> None:
    """The customer wants to see an option: it is chosen anew, as time may have passed."""
    desk.visit.permitted = True
    chosen = _choose(desk)
    desk.visit.screen = Screen.OFFER if chosen.name is not None else Screen.CONFIRM
    if chosen.name is not None:
        show(desk, chosen)


def show(desk: Desk, chosen: Chosen) -> Grant:
    """Write down that an offer is shown; the one that this case shows already is shown again as it was."""
    for grant in grants.of_case(desk.session, desk.case.id):
        if grant.state == GrantState.SHOWN and grant.expires_at > desk.now:
            desk.visit.grant_id = grant.id
            return grant
    assert chosen.name is not None
    assert chosen.offer is not None
    assert chosen.terms is not None
    person = desk.person()
    occasion = offers.Occasion(
        case_id=desk.case.id,
        customer_id=desk.case.customer_id,
        subscription_id=desk.case.subject_id,
        address_hash=person.address_hash,
        arm=desk.case.experiment_arm,
        reason=desk.visit.reason,
        preset=desk.preset.name,
        given_by=desk.visit.entry,
    )
    grant = offers.show(desk.session, occasion, chosen.name, chosen.offer, chosen.terms, now=desk.now)
    desk.visit.grant_id = grant.id
    desk.visit.offers_shown += 1
    desk.note("offer.shown", f"The offer {grant.offer} is shown.")
    return grant


def accept(desk: Desk) -> Action | None:
    """Take the offer that is shown. None: nothing is left to do at the provider."""
    visit = desk.visit
    try:
        action = offers.accept(desk.session, visit.grant_id or "", desk.setup.offers, now=desk.now)
    except offers.NotAvailable as error:
        visit.screen = Screen.CONFIRM
        desk.note("offer.refused", f"The offer could not be accepted: {error}.")
        return None
    grant = grants.get(desk.session, visit.grant_id)
    assert grant is not None
    desk.note("offer.accepted", f"The customer accepted the offer {grant.offer}.")
    visit.screen = Screen.TALK if grant.kind == OfferKind.TALK else Screen.APPLYING
    return action


def cancel(desk: Desk, *, at_once: bool = False) -> Action:
    """The customer's declaration: kept with its time, and carried out by the action. Twice gives one action.

    `at_once`: without waiting for the paid time's end; only staff can ask for it.
    """
    visit, case = desk.visit, desk.case
    for grant in grants.of_case(desk.session, case.id):
        if grant.state == GrantState.SHOWN:
            offers.decline(desk.session, grant, now=desk.now)
            desk.note("offer.declined", f"The offer {grant.offer} was declined.")
        offers.yield_to_the_end(desk.session, grant)
    visit.screen = Screen.CANCELLING
    visit.declared_at = visit.declared_at or desk.now
    reason = desk.policy.reasons.get(visit.reason or "")
    desk.note("cancel.declared", _declared(visit.entry))
    declarations.confirm(desk.session, case.customer_id, case.subject_id, now=desk.now)
    params = {
        "subscription": case.subject_id,
        "feedback": reason.feedback.value if reason else None,
        "metadata": {"reclaim_case": case.id} | ({"reclaim_reason": visit.reason} if visit.reason else {}),
        "void_open": desk.policy.past_due_invoices is OpenInvoices.VOID,
        "at_once": at_once,
    }
    return _once(desk.session, case, CANCEL, params, now=desk.now)


def _declared(entry: str) -> str:
    if entry in ("page", "form"):
        return "The customer pressed the button that cancels."
    return f"Cancelled on the customer's word (by {entry})."


def declare(desk: Desk, told: Declared) -> None:
    """The fields of the statutory page, kept as the declaration they are.

    It is carried out as an ordinary cancellation, which ends the contract as soon as it can be without a
    judgement; what goes further, an end at once for cause or on a later day, is for a person to see to.
    """
    case = desk.case
    row = declarations.store(
        desk.session,
        DeclarationKind.CANCELLATION,
        told.content,
        key=f"page:{case.id}",
        preset=desk.preset,
        locale=desk.visit.locale,
        state=DeclarationState.CONFIRMED,
        customer_id=case.customer_id,
        subscription_id=case.subject_id,
        now=desk.now,
    )
    if told.kind is CancellationKind.EXTRAORDINARY or told.end is not None:
        open_task(
            desk.session,
            key=f"{TASK_PREFIX}{row.id}",
            kind="declaration",
            title="A customer cancels for cause, or to a day of their own",
            detail=f"{case.subject_id}: {told.kind}, wanted end {told.end or 'the next possible'}. "
            "It has been cancelled to the next possible day; please see to the rest.",
            case_id=case.id,
            customer_id=case.customer_id,
            due_at=desk.now + timedelta(days=ANSWER_DAYS),
            now=desk.now,
        )


def keep(desk: Desk) -> None:
    """The customer stays without any offer: nothing is changed, and nothing is counted as saved."""
    desk.visit.screen = Screen.KEPT
    desk.note("kept", "The customer chose to keep the subscription as it is.")


def undo(session: Session, case: Case, *, now: datetime) -> Action:
    """Take the cancellation back. Twice gives one action."""
    case_engine.note(session, case, "undo.asked", "The customer takes the cancellation back.", now=now)
    return _once(session, case, KEEP, {"subscription": case.subject_id}, now=now)


def _once(session: Session, case: Case, name: str, params: dict[str, Any], *, now: datetime) -> Action:
    """The case's one action of this name, made now if there is none yet."""
    key = f"{case.id}:{name}"
    made = queue_action(
        session,
        key=key,
        name=name,
        customer_id=case.customer_id,
        case_id=case.id,
        params=params,
        own_wish=True,
        now=now,
    )
    return made or session.scalars(select(Action).where(Action.key == key)).one()
