"""What the cancel page is about at the moment: read from our rows, without locks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.naming import plan_of
from app.billing.states import TERMINAL_SUBSCRIPTION, CustomerState, SubscriptionState
from app.cancellation import repository
from app.cancellation.declarations_withdrawal import withdrawable
from app.cancellation.ending import CANCEL, KEEP
from app.cancellation.mails import offer_lines
from app.cancellation.models import CancelVisit
from app.cancellation.place import whereabouts
from app.cancellation.ports import Setup
from app.cancellation.rules.ending import LATE
from app.cancellation.rules.presets import Preset, preset_for
from app.cancellation.service import action_of
from app.cancellation.states import Screen
from app.cases.models import Case
from app.cases.standing import place_of
from app.cases.states import CaseState
from app.contacts import repository as contacts
from app.contacts.rules.place import Place
from app.core.money import Money
from app.offers import repository as grants
from app.offers.rules.terms import terms_from_json
from app.offers.states import GrantState, OfferKind
from app.outbox.models import Action
from app.outbox.states import UNSETTLED, ActionState

UNDECIDED = frozenset({Screen.START, Screen.PERMISSION, Screen.OFFER, Screen.CONFIRM, Screen.BARE})


@dataclass(frozen=True, slots=True)
class Scene:
    """One screen and all that it tells. `ends_at`: when a cancellation ends it, or has ended it.

    `late`: a payment is open, so a cancellation ends it at once. `offer`: as `offer_lines` gives it.
    """

    screen: Screen
    preset: Preset
    customer: CustomerState | None
    subscription_id: str
    plan: str | None = None
    price: Money | None = None
    interval: str | None = None
    interval_count: int = 1
    ends_at: datetime | None = None
    late: bool = False
    at_once: bool = False
    reasons: tuple[tuple[str, str | None], ...] = ()
    features: tuple[str, ...] = ()
    has_options: bool = False
    offer: dict[str, Any] | None = None
    visit_id: str | None = None
    may_act: bool = True
    is_withdrawable: bool = False
    place: Place | None = None


def scene_of(
    session: Session,
    customer_id: str,
    subscription_id: str,
    visit_id: str | None,
    setup: Setup,
    *,
    now: datetime,
) -> Scene:
    """The screen of a visit as things stand, or the first one."""
    scene = _first(session, customer_id, subscription_id, setup)
    contract = withdrawable(session, customer_id, subscription_id, setup.terms)
    scene = replace(scene, is_withdrawable=contract is not None and contract.is_open(now))
    visit = repository.visit(session, visit_id)
    if visit is None or (visit.customer_id, visit.subscription_id) != (customer_id, subscription_id):
        return _without_visit(session, scene, customer_id, subscription_id)
    if Screen(visit.screen) in UNDECIDED and session.get_one(Case, visit.case_id).state == CaseState.CLOSED:
        return _without_visit(
            session, scene, customer_id, subscription_id
        )  # its time is over: from the start
    return scene_of_visit(session, visit, scene)


def _first(session: Session, customer_id: str, subscription_id: str, setup: Setup) -> Scene:
    customer = billing.load(session, CustomerState, [customer_id]).get(customer_id)
    found = billing.load(session, SubscriptionState, [subscription_id]).get(subscription_id)
    items = (found.items or []) if found else []
    one = items[0] if len(items) == 1 else None
    price = None
    if one and one.get("amount_minor") is not None and one.get("currency") and not one.get("metered"):
        price = Money(one["amount_minor"] * (one.get("quantity") or 1), one["currency"])
    policy = setup.cancellation
    facts = contacts.facts_of(session, [customer_id]).get(customer_id)
    return Scene(
        screen=Screen.START,
        preset=preset_for(whereabouts(session, customer_id)),
        customer=customer,
        subscription_id=subscription_id,
        plan=plan_of(session, found),
        price=price,
        interval=one.get("interval") if one else None,
        interval_count=(one.get("interval_count") or 1) if one else 1,
        ends_at=found.period_end_at if found else None,
        late=bool(found and found.status in LATE),
        reasons=tuple((key, reason.label) for key, reason in policy.reasons.items()),
        features=_features(setup),
        has_options=bool(policy.offers_named),
        place=place_of(customer, facts, setup.terms) if customer else None,
    )


def _features(setup: Setup) -> tuple[str, ...]:
    """What higher plans have: the follow-up to "something is missing"."""
    upgrades = [o for o in setup.offers.values() if o.kind is OfferKind.UPGRADE]
    return tuple(dict.fromkeys(feature for offer in upgrades for feature in offer.features))


def _without_visit(session: Session, scene: Scene, customer_id: str, subscription_id: str) -> Scene:
    """Who opens the link anew: what is under way or done is told, else it begins at the beginning."""
    found = billing.load(session, SubscriptionState, [subscription_id]).get(subscription_id)
    if found is not None and (found.ended_at is not None or found.status in TERMINAL_SUBSCRIPTION):
        return replace(scene, screen=Screen.ENDED, ends_at=found.ended_at)
    case = repository.latest_case_of(session, customer_id, subscription_id)
    wanted = action_of(session, case.id, CANCEL) if case else None
    back = action_of(session, case.id, KEEP) if case else None
    if wanted is not None and back is None and wanted.state in UNSETTLED:
        return replace(scene, screen=Screen.CANCELLING)
    if found is not None and found.cancel_at is not None:
        return replace(scene, screen=Screen.CANCELLED, ends_at=found.cancel_at)
    return scene


def scene_of_visit(session: Session, visit: CancelVisit, scene: Scene) -> Scene:
    """The visit's own screen; what is on its way to the provider is looked up."""
    scene = replace(scene, visit_id=visit.id)
    match Screen(visit.screen):
        case Screen.CANCELLING | Screen.CANCELLED | Screen.MANUAL:
            scene = _cancelling(scene, action_of(session, visit.case_id, CANCEL))
            return _as_it_stands(session, visit, scene)
        case Screen.UNDOING | Screen.UNDONE:
            scene = undoing(scene, action_of(session, visit.case_id, KEEP))
            return _as_it_stands(session, visit, scene)
        case Screen.APPLYING | Screen.APPLIED | Screen.FAILED | Screen.OFFER | Screen.TALK as screen:
            return _with_offer(session, scene, visit, screen)
        case screen:
            return replace(scene, screen=screen)


def _as_it_stands(session: Session, visit: CancelVisit, scene: Scene) -> Scene:
    """In another window it may have gone on: an old page must not say what is no longer so."""
    if scene.screen not in (Screen.CANCELLED, Screen.UNDONE) or scene.at_once:
        return scene
    word = repository.last_word(session, visit.customer_id, visit.subscription_id)
    screen = {"ending": Screen.CANCELLED, "going_on": Screen.UNDONE}.get(word or "", scene.screen)
    return replace(scene, screen=screen)


def _cancelling(scene: Scene, action: Action | None) -> Scene:
    result = (action.result or {}) if action else {}
    if action is None or action.state in UNSETTLED:
        return replace(scene, screen=Screen.CANCELLING)
    if action.state != ActionState.DONE or result.get("status") != "cancelled":
        return replace(scene, screen=Screen.MANUAL)
    ends_at = result.get("ends_at")
    return replace(
        scene,
        screen=Screen.CANCELLED,
        ends_at=datetime.fromisoformat(ends_at) if ends_at else None,
        at_once=bool(result.get("at_once")),
    )


def undoing(scene: Scene, action: Action | None) -> Scene:
    """How far a change of mind has come."""
    if action is None or action.state in UNSETTLED:
        return replace(scene, screen=Screen.UNDOING)
    status = (action.result or {}).get("status") if action.state == ActionState.DONE else None
    screens = {"kept": Screen.UNDONE, "ended": Screen.ENDED}
    return replace(scene, screen=screens.get(status or "", Screen.MANUAL))


def _with_offer(session: Session, scene: Scene, visit: CancelVisit, screen: Screen) -> Scene:
    grant = grants.get(session, visit.grant_id)
    if grant is None:
        return replace(scene, screen=Screen.CONFIRM)
    scene = replace(scene, screen=screen, offer=offer_lines(terms_from_json(grant.terms)))
    if screen in (Screen.OFFER, Screen.TALK):
        return scene
    return replace(scene, screen=_applying(session, grant.id, GrantState(grant.state)))


def _applying(session: Session, grant_id: str, state: GrantState) -> Screen:
    """The action's own row is ahead of the grant's, which hears of it by the front door."""
    action = grants.action_of(session, grant_id)
    if state is GrantState.ACCEPTED and action is not None and action.state not in UNSETTLED:
        good = action.state == ActionState.DONE and (action.result or {}).get("status") == "applied"
        return Screen.APPLIED if good else Screen.FAILED
    if state is GrantState.ACCEPTED:
        return Screen.APPLYING
    return Screen.FAILED if state is GrantState.FAILED else Screen.APPLIED


def case_scene(session: Session, case: Case, setup: Setup) -> Scene:
    """The scene of a case whose cancellation a link takes back: cancelled, or ended by now."""
    scene = _first(session, case.customer_id, case.subject_id, setup)
    scene = replace(scene, visit_id=case.id)  # the form of the page needs something to be about
    found = billing.load(session, SubscriptionState, [case.subject_id]).get(case.subject_id)
    if found is None or found.ended_at is not None or found.status in TERMINAL_SUBSCRIPTION:
        return replace(scene, screen=Screen.ENDED)
    cancelled = _cancelling(scene, action_of(session, case.id, CANCEL))
    ends_at = found.cancel_at or cancelled.ends_at
    return replace(cancelled, screen=Screen.CANCELLED, ends_at=ends_at)
