"""What a step of a visit works with: the case, the visit, the live contract, the person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import TERMINAL_SUBSCRIPTION, CustomerState, SubscriptionState
from app.campaigns import repository as campaigns
from app.campaigns.planner import PlannedStep
from app.cancellation import repository
from app.cancellation.ending import CANCEL, KEEP
from app.cancellation.models import CancelVisit
from app.cancellation.place import whereabouts
from app.cancellation.ports import Setup
from app.cancellation.rules.policy import CancellationPolicy
from app.cancellation.rules.presets import Preset, preset_for
from app.cancellation.states import Screen
from app.cases import repository as case_rows
from app.cases import service as case_engine
from app.cases.models import Case
from app.cases.states import CaseKind, CaseState, Outcome
from app.cases.twins import same_person
from app.contacts.service import hashed
from app.core.ids import new_id
from app.experiments import service as experiments
from app.experiments.rules import Assignment
from app.hooks.service import has_tested_consumer
from app.hooks.states import HookType
from app.offers.choosing import Person
from app.offers.rules.contract import Contract, Preview

PAGE = "page"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is at the page and how they came: `entry` is `page`, `form`, or an operator's name."""

    customer_id: str
    subscription_id: str
    entry: str
    locale: str


@dataclass
class Desk:
    """One visit within one transaction.

    `contract` None: the provider did not answer, or knows none; `preview`: of its next renewal as it is.
    """

    session: Session
    setup: Setup
    case: Case
    visit: CancelVisit
    preset: Preset
    contract: Contract | None
    preview: Preview | None
    customer: CustomerState | None
    now: datetime

    @property
    def policy(self) -> CancellationPolicy:
        return self.setup.cancellation

    def person(self) -> Person:
        """The person behind the customer, for the rules of offers."""
        session, customer_id = self.session, self.case.customer_id
        address = hashed(session, self.customer.email if self.customer else None)
        others = same_person(session, {customer_id: address})[customer_id]
        return Person(
            customer_ids=[customer_id, *sorted(others - {customer_id})],
            address_hash=address,
            country=self.visit.country,
            missing=self.visit.missing,
            consumes_entitlements=has_tested_consumer(session, HookType.ENTITLEMENT_CHANGED, now=self.now),
            in_dispute=customer_id in billing.disputing(session, [customer_id]),
        )

    def note(self, code: str, sentence: str) -> None:
        case_engine.note(self.session, self.case, code, sentence, now=self.now)


def open_desk(
    session: Session,
    visitor: Visitor,
    visit_id: str | None,
    contract: Contract | None,
    setup: Setup,
    *,
    preview: Preview | None = None,
    now: datetime,
) -> Desk:
    """The visit that goes on, or a new one, in the open case or a new one."""
    case, visit = _at_hand(session, visitor, visit_id, now=now)
    if visit is None:
        case = case or _open_case(session, visitor, setup, now=now)
        visit = _begin_visit(session, case, visitor, now=now)
    assert case is not None
    customer = billing.load(session, CustomerState, [visitor.customer_id]).get(visitor.customer_id)
    preset = preset_for(whereabouts(session, visitor.customer_id))
    return Desk(session, setup, case, visit, preset, contract, preview, customer, now)


def is_under_way(session: Session, visitor: Visitor, visit_id: str | None, *, now: datetime) -> bool:
    """Whether there is a visit to go on with: what only a later screen can ask for begins nothing."""
    return _at_hand(session, visitor, visit_id, now=now)[1] is not None


def _at_hand(
    session: Session, visitor: Visitor, visit_id: str | None, *, now: datetime
) -> tuple[Case | None, CancelVisit | None]:
    """The case and the visit to go on with, held until the transaction ends."""
    found = repository.visit(session, visit_id, lock=True)
    case = _case_at_hand(session, visitor, now=now)
    if case is None or (found is not None and found.case_id == case.id):
        return case, found if case is not None else None
    if case.state == CaseState.CLOSED:
        return case, next(reversed(repository.visits_of(session, [case.id])), None)
    return case, None


def _case_at_hand(session: Session, visitor: Visitor, *, now: datetime) -> Case | None:
    """The open case, or for who is at the page the closed one whose cancellation stands: pressing again is
    no second cancellation.

    Taken back, it is over, also before a worker has heard of it: whoever cancels then cancels anew.
    """
    case = repository.open_case_of(session, visitor.customer_id, visitor.subscription_id)
    if case is None:
        if visitor.entry != PAGE:
            return None
        last = repository.latest_case_of(session, visitor.customer_id, visitor.subscription_id)
        return last if last is not None and _stands(session, last) else None
    back = repository.action_of(session, case.id, KEEP)
    if back is None or (back.result or {}).get("status") != "kept":
        return case
    planned = case_rows.planned_steps(session, [case.id])[case.id]
    sentence = "The cancellation was taken back."
    case_engine.close(session, case, planned, Outcome.UNDONE, closed_at=now, sentence=sentence, now=now)
    session.flush()
    return None


def _stands(session: Session, case: Case) -> bool:
    """Whether what a closed case has cancelled is cancelled still, as far as we know."""
    wanted = repository.action_of(session, case.id, CANCEL)
    if (
        wanted is None
        or wanted.settled_at is None
        or case.outcome not in (Outcome.CANCELLED, Outcome.MANUAL)
        or repository.action_of(session, case.id, KEEP) is not None
    ):
        return False
    known = billing.load(session, SubscriptionState, [case.subject_id]).get(case.subject_id)
    if known is None or known.seen_at <= wanted.settled_at:
        return True
    return known.cancel_at is not None or known.status in TERMINAL_SUBSCRIPTION


def _open_case(session: Session, visitor: Visitor, setup: Setup, *, now: datetime) -> Case:
    """A new case, or the one that a press at the same moment has just opened."""
    try:
        with session.begin_nested():
            return _new_case(session, visitor, setup, now=now)
    except IntegrityError:
        theirs = repository.open_case_of(session, visitor.customer_id, visitor.subscription_id)
        return theirs or _new_case(session, visitor, setup, now=now)


def _new_case(session: Session, visitor: Visitor, setup: Setup, *, now: datetime) -> Case:
    definition = {
        "cancellation": setup.cancellation.model_dump(mode="json"),
        "offers": {name: offer.model_dump(mode="json") for name, offer in setup.offers.items()},
    }
    version = campaigns.remember(session, CaseKind.CANCELLATION, definition, now=now)
    given = arm_of(session, visitor.customer_id, setup, now=now)
    case = case_engine.open_case(
        session,
        kind=CaseKind.CANCELLATION,
        customer_id=visitor.customer_id,
        subject_id=visitor.subscription_id,
        category="unasked",
        opened_at=now,
        policy_version=version,
        given=given,
    )
    session.flush()
    experiments.log_decision(
        session,
        given,
        customer_id=visitor.customer_id,
        case_id=case.id,
        observation={"entry": "page" if visitor.entry == PAGE else "other"},
        action="open",
        policy_version=version,
        now=now,
    )
    until = now + timedelta(hours=setup.cancellation.abandon_hours)
    case_engine.replan(session, case, [], list[PlannedStep](), give_up_at=until, why="the visit", now=now)
    return case


def arm_of(session: Session, customer_id: str, setup: Setup, *, now: datetime) -> Assignment:
    """The customer's arm, stored before anything is shown."""
    experiment, share = setup.cancellation.experiment, setup.experiments.holdout_share
    known = experiments.arms_of(session, [customer_id])
    return experiments.enrol(session, experiment, share, customer_id, known, at=now, now=now)


def _begin_visit(session: Session, case: Case, visitor: Visitor, *, now: datetime) -> CancelVisit:
    place = whereabouts(session, visitor.customer_id)
    preset = preset_for(place)
    earlier = repository.visits_of(session, [case.id])
    row = CancelVisit(
        id=new_id("visit"),
        case_id=case.id,
        number=len(earlier) + 1,
        customer_id=visitor.customer_id,
        subscription_id=visitor.subscription_id,
        entry=visitor.entry,
        preset=preset.name,
        preset_version=preset.version,
        country=place.country,
        place_source=place.source,
        locale=visitor.locale,
        screen=Screen.START,
        offers_shown=0,
        refused={},
        started_at=now,
    )
    session.add(row)
    session.flush()
    case_engine.note(
        session,
        case,
        "visit",
        f"Visit {row.number} by {visitor.entry}, under the rules {preset.name} (country by {place.source}).",
        now=now,
    )
    return row
