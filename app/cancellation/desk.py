"""What a step of a visit works with: the case, the visit, the live contract, the person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import CustomerState
from app.campaigns import repository as campaigns
from app.campaigns.planner import PlannedStep
from app.cancellation import repository
from app.cancellation.models import CancelVisit
from app.cancellation.place import whereabouts
from app.cancellation.ports import Setup
from app.cancellation.rules.policy import CancellationPolicy
from app.cancellation.rules.presets import Preset, preset_for
from app.cancellation.states import Screen
from app.cases import service as case_engine
from app.cases.models import Case
from app.cases.states import CaseKind
from app.contacts.service import hashed
from app.core.ids import new_id
from app.experiments import service as experiments
from app.experiments.rules import Assignment
from app.hooks.service import has_tested_consumer
from app.hooks.states import HookType
from app.offers.choosing import Person
from app.offers.rules.contract import Contract, Preview


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
        email = self.customer.email if self.customer else None
        return Person(
            customer_ids=[customer_id],
            address_hash=hashed(session, email),
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
    customer = billing.load(session, CustomerState, [visitor.customer_id]).get(visitor.customer_id)
    found = repository.visit(session, visit_id, lock=True)
    case = repository.open_case_of(session, visitor.customer_id, visitor.subscription_id)
    mine = found is not None and (found.customer_id, found.subscription_id) == (
        visitor.customer_id,
        visitor.subscription_id,
    )
    if found is not None and mine and case is not None and found.case_id == case.id:
        visit = found
    else:
        case = case or _open_case(session, visitor, setup, now=now)
        visit = _begin_visit(session, case, visitor, now=now)
    preset = preset_for(whereabouts(session, visitor.customer_id))
    return Desk(session, setup, case, visit, preset, contract, preview, customer, now)


def _open_case(session: Session, visitor: Visitor, setup: Setup, *, now: datetime) -> Case:
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
        arm=given.arm,
        propensity=given.propensity,
    )
    session.flush()
    until = now + timedelta(hours=setup.cancellation.abandon_hours)
    case_engine.replan(session, case, [], list[PlannedStep](), give_up_at=until, why="the visit", now=now)
    return case


def arm_of(session: Session, customer_id: str, setup: Setup, *, now: datetime) -> Assignment:
    """The customer's arm, stored before anything is shown."""
    experiment = setup.cancellation.experiment
    known = experiments.arms_of(session, experiment, [customer_id])
    return experiments.enrol(session, experiment, customer_id, known, now=now)


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
