"""What the return page is about at the moment: read from our rows, without changing anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import TERMINAL_SUBSCRIPTION, CustomerState, SubscriptionState
from app.cancellation import repository as cancellations
from app.cancellation.ending import KEEP
from app.cancellation.mails import offer_lines
from app.cases import repository as case_rows
from app.cases.models import Case
from app.cases.standing import place_shown
from app.cases.states import CaseKind, CaseState, Outcome
from app.contacts.rules.place import Place
from app.core.errors import LinkInvalid
from app.core.links import LinkSubject
from app.core.money import Money
from app.offers import repository as grants
from app.offers.choosing import Chosen
from app.offers.models import Grant
from app.offers.rules.contract import Contract
from app.offers.rules.terms import terms_from_json
from app.offers.states import GrantState
from app.outbox.models import Action
from app.outbox.states import UNSETTLED, ActionState
from app.portal.returning.plans import Way, way_to
from app.portal.returning.states import View
from app.winback import repository, service
from app.winback.desk import last_plan, person_of
from app.winback.mails import Setup
from app.winback.models import Lapse
from app.winback.ports import Plan
from app.winback.rules.outcome import came_back, runs_besides
from app.winback.settling import departure_of, held
from app.winback.states import ReturnState


@dataclass(frozen=True, slots=True)
class Scene:
    """One view and all that it tells. `offer`: as `offer_lines` gives it; `chosen`: the offer, where none is made yet.

    `late_case`: the open case of a late payment.
    """

    view: View
    case_id: str
    customer: CustomerState | None
    place: Place
    way: Way | None = None
    ends_at: datetime | None = None
    offer: dict[str, Any] | None = None
    offer_name: str | None = None
    chosen: Chosen | None = None
    session_id: str | None = None
    late_case: Case | None = None

    @property
    def price(self) -> Money | None:
        plan = self.way.plan if self.way else None
        if plan is None or plan.price_minor is None or plan.currency is None:
            return None
        return Money(plan.price_minor, plan.currency)


def case_of(session: Session, subject: LinkSubject, *, lock: bool = False) -> tuple[Case, Lapse]:
    """The case and the lapse that a link is about; raises LinkInvalid."""
    case = case_rows.get(session, subject.subject_id, lock=lock)
    if case is None or (case.customer_id, case.link_epoch) != (subject.customer_id, subject.epoch):
        raise LinkInvalid("this link is not one of ours")
    lapse = service.lapse_of(session, case) if case.kind == CaseKind.WINBACK else None
    if lapse is None:
        raise LinkInvalid("this link leads to nothing that we know")
    return case, lapse


def place_of_link(session: Session, subject: LinkSubject, setup: Setup) -> Place:
    """Zone and language of the customer that a link is about."""
    customer = billing.load(session, CustomerState, [subject.customer_id]).get(subject.customer_id)
    return place_shown(session, subject.customer_id, customer, setup.terms)


def scene_of(
    session: Session,
    case: Case,
    lapse: Lapse,
    setup: Setup,
    *,
    plans: Mapping[str, Plan] | None,
    contract: Contract | None = None,
    returned_from: str | None = None,
    now: datetime,
) -> Scene:
    """The view as things stand. `returned_from`: the provider's page that somebody says they come from."""
    customer = billing.load(session, CustomerState, [case.customer_id]).get(case.customer_id)
    place = place_shown(session, case.customer_id, customer, setup.terms)
    way = way_to(last_plan(lapse), lapse.plan, setup.winback.successors, plans)
    scene = Scene(View.RETURN, case.id, customer, place, way, ends_at=lapse.ends_at)
    checkouts = repository.sessions_of(session, case.id)
    theirs = next((s for s in checkouts if s.id == returned_from), None)
    if theirs is not None and theirs.state == ReturnState.OPEN:
        return replace(scene, view=View.STARTING, session_id=theirs.id)
    keeping = _keeping(session, case, lapse)
    if keeping is not None:
        return replace(scene, view=keeping)
    is_back = _is_back(session, lapse, now)
    if is_back and any(s.state == ReturnState.COMPLETED for s in checkouts):
        return replace(scene, view=View.WELCOME)
    late = _late_case(session, case.customer_id)
    if late is not None:
        return replace(scene, view=View.OWED, late_case=late)
    if is_back:
        return replace(scene, view=View.BACK)
    if case.details.get("declined"):
        return replace(scene, view=View.DECLINED)
    running = _running(session, lapse)
    if running is None and way is None:
        return replace(scene, view=View.ASKED if case.details.get("asked_at") else View.GONE)
    scene = replace(scene, view=View.RETURN if running is None else View.ENDING)
    if running is not None:
        scene = replace(scene, ends_at=running.cancel_at)
    return _with_offer(session, case, setup, scene, contract, now)


def _running(session: Session, lapse: Lapse) -> SubscriptionState | None:
    """The subscription while its paid time still runs."""
    row = billing.load(session, SubscriptionState, [lapse.id]).get(lapse.id)
    over = row is None or row.ended_at is not None or row.status in TERMINAL_SUBSCRIPTION
    return None if over else row


def _with_offer(
    session: Session, case: Case, setup: Setup, scene: Scene, contract: Contract | None, now: datetime
) -> Scene:
    """The offer that is made already, or the one that would be; none once they took it, or said no.

    A sequence that has said all leaves its last mail, which named the offer, as good as its link is.
    """
    if case.state == CaseState.CLOSED and case.outcome != Outcome.EXHAUSTED:
        return scene
    made = open_grant(session, case, now)
    if made is not None:
        return replace(scene, offer=offer_lines(terms_from_json(made.terms)), offer_name=made.offer)
    last = scene.way.plan if scene.way is not None and scene.view is View.RETURN else None
    chosen = service.offer_for(session, case, setup, now, last=last, contract=contract)
    if chosen.name is None or chosen.terms is None:
        return scene
    return replace(scene, offer=offer_lines(chosen.terms), offer_name=chosen.name, chosen=chosen)


def open_grant(session: Session, case: Case, now: datetime) -> Grant | None:
    """The offer that a POST has made and that still stands."""
    rows = grants.of_case(session, case.id)
    return next((g for g in rows if g.state == GrantState.SHOWN and g.expires_at > now), None)


def _is_back(session: Session, lapse: Lapse, now: datetime) -> bool:
    ids = person_of(session, lapse, now=now).customer_ids
    rows = [held(row) for row in billing.subscriptions_of(session, ids).values()]
    left = departure_of(lapse)
    return came_back(left, rows) is not None or runs_besides(left, rows)


def _late_case(session: Session, customer_id: str) -> Case | None:
    rows = case_rows.open_cases_of(session, customer_id)
    return next((c for c in rows if c.kind == CaseKind.DUNNING), None)


def _keeping(session: Session, case: Case, lapse: Lapse) -> View | None:
    """How far it is with taking the cancellation back, with an offer or without; None: nothing is under way."""
    action = cancellations.action_of(session, case.id, KEEP)
    if action is None:
        taken = next((g for g in reversed(grants.of_case(session, case.id)) if g.accepted_at), None)
        action = grants.action_of(session, taken.id) if taken is not None else None
    if action is None:
        return None
    if action.state in UNSETTLED:
        return View.KEEPING
    status = (action.result or {}).get("status") if action.state == ActionState.DONE else None
    if status in ("kept", "applied"):
        return View.KEPT if _is_older(session, lapse, action) else None
    if status == "refused":
        return View.FAILED
    return None if status == "ended" else View.MANUAL


def _is_older(session: Session, lapse: Lapse, action: Action) -> bool:
    """Whether our picture of the subscription is older than the change; a newer one tells for itself."""
    row = billing.load(session, SubscriptionState, [lapse.id]).get(lapse.id)
    return row is not None and action.settled_at is not None and row.seen_at <= action.settled_at
