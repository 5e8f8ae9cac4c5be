"""What we know of a customer's offers and cancellations, read for the API and for the pages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.billing.states import TERMINAL_SUBSCRIPTION, SubscriptionState
from app.cancellation import repository as visits
from app.cancellation.models import CancelScreen, CancelVisit
from app.cases import repository as case_rows
from app.cases.models import Case
from app.cases.states import CaseKind
from app.core.errors import NotFound
from app.dunning.rules.access import Upgrade
from app.offers import repository as grants
from app.offers.models import Grant
from app.ops.leaving_schemas import CancellationOut, GrantOut, ScreenOut, VisitOut
from app.ops.schemas import MoneyOut


@dataclass(frozen=True, slots=True)
class VisitStory:
    """A visit with its screens, in their order."""

    visit: CancelVisit
    screens: list[CancelScreen]


@dataclass(frozen=True, slots=True)
class LeavingStory:
    """All that a cancellation's case holds beside its timeline."""

    visits: list[VisitStory]
    grants: list[Grant]


def story_of(session: Session, case: Case) -> LeavingStory | None:
    """The story of a case; None for other kinds."""
    if case.kind != CaseKind.CANCELLATION:
        return None
    found = visits.visits_of(session, [case.id])
    screens = visits.screens_of(session, [v.id for v in found])
    return LeavingStory(
        [VisitStory(v, [s for s in screens if s.visit_id == v.id]) for v in found],
        grants.of_case(session, case.id),
    )


def screen_of(session: Session, case_id: str, screen_id: str) -> CancelScreen:
    """A screen of this case; raises NotFound."""
    screen = session.get(CancelScreen, screen_id)
    visit = session.get(CancelVisit, screen.visit_id) if screen else None
    if screen is None or visit is None or visit.case_id != case_id:
        raise NotFound(f"{case_id} has no screen {screen_id}")
    return screen


def upgrades_of(session: Session, customer_id: str) -> dict[str, Upgrade]:
    """The higher plans that the merchant's backend has taken note of, by subscription."""
    rows = [e for e in grants.entitlements_of(session, [customer_id]) if e.acknowledged_at is not None]
    return {e.subscription_id: Upgrade(e.plan_name, e.until_at) for e in rows}


def cancellations_of(
    session: Session, customer_id: str, subscriptions: Collection[SubscriptionState]
) -> list[CancellationOut]:
    """Subscriptions with an open cancellation case or a scheduled end."""
    cases = {
        c.subject_id: c.id
        for c in case_rows.open_cases_of(session, customer_id)
        if c.kind == CaseKind.CANCELLATION
    }
    going = [s for s in subscriptions if s.status not in TERMINAL_SUBSCRIPTION]
    return [
        CancellationOut(subscription_id=s.id, case_id=cases.get(s.id), ends_at=s.cancel_at)
        for s in sorted(going, key=lambda s: s.id)
        if s.cancel_at is not None or s.id in cases
    ]


def grant_out(grant: Grant) -> GrantOut:
    values = {name: getattr(grant, name) for name in GrantOut.model_fields if name != "cost"}
    return GrantOut(**values, cost=MoneyOut(amount_minor=grant.cost_minor, currency=grant.currency))


def visit_out(story: VisitStory) -> VisitOut:
    row = story.visit
    values = {name: getattr(row, name) for name in VisitOut.model_fields if name != "screens"}
    return VisitOut(**values, screens=[ScreenOut.model_validate(s) for s in story.screens])
