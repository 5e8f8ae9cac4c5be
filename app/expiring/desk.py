"""What we know of one customer's cards, loaded for many customers at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import CustomerState, PaymentMethodState, SubscriptionState
from app.campaigns import repository as campaigns
from app.cases import repository as case_rows
from app.cases import service as case_engine
from app.cases.models import Case, Step
from app.cases.standing import place_of
from app.cases.states import CaseKind, CaseState, Outcome
from app.contacts import repository as contacts
from app.contacts.rules.place import Place
from app.experiments import service as experiments
from app.experiments.rules import Experiment
from app.expiring import repository
from app.expiring.mails import Addressed, Setup
from app.expiring.rules.cards import order_of_charge
from app.expiring.rules.cases import Past, Watched, restored
from app.expiring.rules.policy import ExpiringPolicy
from app.expiring.rules.risks import Payer

EXPIRING = Experiment("expiring_card")  # nobody is held out: a notice in time is no experiment
KIND = CaseKind.EXPIRING_CARD
Row = TypeVar("Row", SubscriptionState, PaymentMethodState)

# Policies by version. A version is a digest of its definition, so it never means anything else.
_POLICIES: dict[str, ExpiringPolicy] = {}


@dataclass
class Shared:
    """What the desks of one batch share, loaded for all of them when one first asks."""

    session: Session
    customer_ids: Collection[str]
    running: Collection[str]

    @cached_property
    def steps(self) -> dict[str, list[Step]]:
        return case_rows.planned_steps(self.session, self.running)

    @cached_property
    def arms(self) -> experiments.Known:
        return experiments.arms_of(self.session, self.customer_ids)

    @cached_property
    def open_kinds(self) -> set[tuple[str, str]]:
        return set(case_rows.open_kinds(self.session, self.customer_ids))


@dataclass
class Desk:
    """One customer's cards within one transaction. `cases`: of this kind, oldest first."""

    session: Session
    setup: Setup
    now: datetime
    payer: Payer
    place: Place
    cases: list[Case]
    shared: Shared

    @property
    def customer(self) -> CustomerState:
        return self.payer.customer

    @property
    def open_case(self) -> Case | None:
        return next((c for c in self.cases if c.state != CaseState.CLOSED), None)

    @property
    def owes(self) -> bool:
        """Whether a late payment is being followed up: that goes first."""
        return (self.customer.id, CaseKind.DUNNING) in self.shared.open_kinds

    def policy(self, case: Case) -> ExpiringPolicy:
        """The policy under which the case began."""
        known = _POLICIES.get(case.policy_version)
        if known is None:
            definition = campaigns.definition_of(self.session, case.policy_version)
            if definition is None:
                return self.setup.expiring
            known = _POLICIES[case.policy_version] = ExpiringPolicy.model_validate(definition)
        return known

    def planned(self, case: Case) -> list[Step]:
        """The case's planned steps; the list follows when they are planned anew."""
        return self.shared.steps.setdefault(case.id, [])

    @property
    def addressed(self) -> Addressed:
        """The customer as the mails need them."""
        return Addressed(self.session, self.setup, self.payer, self.place, self.now)

    @cached_property
    def past(self) -> list[Past]:
        return [past_of(c) for c in self.cases if c.state == CaseState.CLOSED]

    def note(self, case: Case, code: str, sentence: str, **data: Any) -> None:
        case_engine.note(self.session, case, code, sentence, now=self.now, **data)


def past_of(case: Case) -> Past:
    """What a case remembers of its cards."""
    ended = case.details.get("ended", [])
    return Past(
        stopped=case.outcome == Outcome.STOPPED,
        cards=frozenset(w.card for w in watched_of(case)) | {e["card"] for e in ended},
        done=frozenset(e["card"] for e in ended if e["for_good"]),
        sent=case.details.get("sent", {}),
    )


def watched_of(case: Case) -> list[Watched]:
    """The charges that the case still watches."""
    return [restored(row) for row in case.details.get("watched", [])]


def open_desks(session: Session, customer_ids: Collection[str], setup: Setup, *, now: datetime) -> list[Desk]:
    """Desks of those of these customers who have a case, or a card near its end."""
    concerned = case_rows.customers_with_cases(session, KIND, customer_ids)
    if setup.expiring.enabled:
        horizon = (now + timedelta(days=setup.expiring.lead_days + 1)).date()
        concerned |= repository.with_ending_cards(session, customer_ids, horizon)
    return desks_of(session, concerned, setup, now=now)


def desks_of(session: Session, customer_ids: Collection[str], setup: Setup, *, now: datetime) -> list[Desk]:
    """Desks of these customers; who is not stored is absent."""
    customers = billing.load(session, CustomerState, customer_ids)
    if not customers:
        return []
    subscriptions = _by_customer(billing.subscriptions_of(session, customers))
    methods = _by_customer(billing.methods_of(session, customers))
    _add_named(session, customers, subscriptions, methods)
    facts = contacts.facts_of(session, customers)
    cases = case_rows.cases_of(session, KIND, customers)
    running = [c.id for mine in cases.values() for c in mine if c.state != CaseState.CLOSED]
    shared = Shared(session, customers, running)
    desks = []
    for key in sorted(customers):
        place = place_of(customers[key], facts.get(key), setup.terms)
        payer = Payer(customers[key], subscriptions.get(key, {}), methods.get(key, {}), place.zone.info)
        desks.append(Desk(session, setup, now, payer, place, cases[key], shared))
    return desks


def _by_customer(rows: Mapping[str, Row]) -> dict[str, dict[str, Row]]:
    grouped: dict[str, dict[str, Row]] = {}
    for key, row in rows.items():
        grouped.setdefault(row.customer_id or "", {})[key] = row
    return grouped


def _add_named(
    session: Session,
    customers: Mapping[str, CustomerState],
    subscriptions: Mapping[str, Mapping[str, SubscriptionState]],
    methods: dict[str, dict[str, PaymentMethodState]],
) -> None:
    """Methods that a default names, but whose own picture names no customer."""
    missing: dict[str, str] = {}
    for key, customer in customers.items():
        for subscription in subscriptions.get(key, {}).values():
            named = order_of_charge(subscription, customer)
            missing |= {m: key for m in named if m not in methods.get(key, {})}
    for method_id, row in billing.load(session, PaymentMethodState, missing).items():
        methods.setdefault(missing[method_id], {})[method_id] = row
