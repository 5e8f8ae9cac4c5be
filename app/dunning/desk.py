"""What we know of one customer's dunning affairs, loaded for many customers at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import CustomerState, InvoiceState, SubscriptionState
from app.campaigns import repository as campaigns
from app.campaigns.planner import Frame
from app.cases import repository as case_rows
from app.cases import service as case_engine
from app.cases.models import Case, Step
from app.cases.standing import place_of
from app.cases.states import CaseKind, CaseState
from app.contacts import repository as contacts
from app.contacts.models import Addressee, CustomerFacts
from app.contacts.rules.place import Place
from app.dunning import mails, repository
from app.dunning.models import DunningInvoice
from app.dunning.rules.bans import Bans, bans_after
from app.dunning.rules.cases import Debt
from app.dunning.rules.decline import classify
from app.dunning.rules.policy import DunningPolicy
from app.dunning.rules.steps import Course, course_of, ends_at
from app.experiments import service as experiments

Row = TypeVar("Row", InvoiceState, SubscriptionState, DunningInvoice)


# Policies by version. A version is a digest of its definition, so it never means anything else.
_POLICIES: dict[str, DunningPolicy] = {}


@dataclass
class Shared:
    """What the desks of one batch share, loaded for all of them when one first asks."""

    session: Session
    customer_ids: Collection[str]
    running: Collection[str]
    version: str | None = None

    @cached_property
    def steps(self) -> dict[str, list[Step]]:
        return case_rows.planned_steps(self.session, self.running)

    @cached_property
    def arms(self) -> experiments.Known:
        return experiments.arms_of(self.session, self.customer_ids)

    @cached_property
    def facts(self) -> dict[str, CustomerFacts]:
        return contacts.facts_of(self.session, self.customer_ids)

    @cached_property
    def addressees(self) -> dict[str, list[Addressee]]:
        return contacts.addressees_of(self.session, self.customer_ids)

    @cached_property
    def disputing(self) -> set[str]:
        return billing.disputing(self.session, self.customer_ids)


@dataclass
class Desk:
    """One customer's dunning affairs within one transaction."""

    session: Session
    setup: mails.Setup
    now: datetime
    customer: CustomerState
    invoices: dict[str, InvoiceState]
    subscriptions: dict[str, SubscriptionState]
    cases: list[Case]
    rows: dict[str, DunningInvoice]
    shared: Shared

    def debt(self, invoice: InvoiceState) -> Debt:
        row = self.rows.get(invoice.id)
        case = next((c for c in self.cases if row and c.id == row.case_id), None)
        gave_up = case.details.get("gave_up_at") if case else None
        subscription = self.subscriptions.get(invoice.subscription_id or "")
        return Debt(invoice, subscription, datetime.fromisoformat(gave_up) if gave_up else None)

    def debts(self, case: Case) -> list[Debt]:
        """The case's late invoices, oldest failure first."""
        mine = [i for i in self.invoices.values() if i.id in self.rows and self.rows[i.id].case_id == case.id]
        return [self.debt(i) for i in sorted(mine, key=lambda i: (i.failed_at or self.now, i.id))]

    def policy(self, case: Case) -> DunningPolicy:
        """The policy under which the case began."""
        known = _POLICIES.get(case.policy_version)
        if known is None:
            definition = campaigns.definition_of(self.session, case.policy_version)
            if definition is None:
                return self.setup.policy
            known = _POLICIES[case.policy_version] = DunningPolicy.model_validate(definition)
        return known

    def present_version(self) -> str:
        """The version of the policy that new cases begin under, stored once a batch."""
        if self.shared.version is None:
            definition = self.setup.policy.model_dump(mode="json")
            self.shared.version = campaigns.remember(self.session, "dunning", definition, now=self.now)
        return self.shared.version

    def planned(self, case: Case) -> list[Step]:
        """The case's planned steps; the list follows when they are planned anew."""
        return self.shared.steps.setdefault(case.id, [])

    @property
    def place(self) -> Place:
        """Where the customer lives and what they speak."""
        return place_of(self.customer, self.shared.facts.get(self.customer.id), self.setup.terms)

    @property
    def disputing(self) -> bool:
        return self.customer.id in self.shared.disputing

    def bans(self) -> Bans:
        """Which cards nobody may charge now, by what this customer's cases keep and declines tell."""
        known: Bans = {}
        for case in self.cases:
            known |= case.details.get("bans") or {}
        told = [(mails.decline_of(i), i.decline_at) for i in self.invoices.values()]
        return bans_after(known, [(d, at) for d, at in told if d and at], now=self.now)

    def note(self, case: Case, code: str, sentence: str, **data: Any) -> None:
        case_engine.note(self.session, case, code, sentence, now=self.now, **data)


def open_desks(
    session: Session, customer_ids: Collection[str], setup: mails.Setup, *, now: datetime
) -> list[Desk]:
    """Desks of those of these customers who have, or may need, a dunning case."""
    concerned = repository.with_failures(session, customer_ids)
    concerned |= case_rows.customers_with_cases(session, CaseKind.DUNNING, customer_ids)
    return desks_of(session, concerned, setup, now=now)


def desks_of(
    session: Session, customer_ids: Collection[str], setup: mails.Setup, *, now: datetime
) -> list[Desk]:
    """Desks of customers who are known to have a case; who is not stored is absent."""
    customers = billing.load(session, CustomerState, customer_ids)
    if not customers:
        return []
    invoices = _by_customer(billing.invoices_of(session, customers))
    subscriptions = _by_customer(billing.subscriptions_of(session, customers))
    cases = case_rows.cases_of(session, CaseKind.DUNNING, customers)
    rows = _by_customer(repository.invoices_in_cases(session, customers))
    running = [c.id for mine in cases.values() for c in mine if c.state != CaseState.CLOSED]
    shared = Shared(session, customers, running)
    return [
        Desk(
            session=session,
            setup=setup,
            now=now,
            customer=customers[c],
            invoices=invoices.get(c, {}),
            subscriptions=subscriptions.get(c, {}),
            cases=cases[c],
            rows=rows.get(c, {}),
            shared=shared,
        )
        for c in sorted(customers)
    ]


def _by_customer(rows: Mapping[str, Row]) -> dict[str | None, dict[str, Row]]:
    grouped: dict[str | None, dict[str, Row]] = {}
    for key, row in rows.items():
        grouped.setdefault(row.customer_id, {})[key] = row
    return grouped


def course_for(owed: list[Debt]) -> Course:
    """The course by the newest failure, as that is what the customer can still do something about."""
    newest = max(owed, key=lambda d: (d.invoice.last_failed_at or d.invoice.seen_at, d.invoice.id)).invoice
    treatment = classify(mails.decline_of(newest), needs_action=newest.needs_action)
    return course_of(treatment, attempts=newest.attempt_count)


def frame_of(desk: Desk, case: Case, owed: list[Debt]) -> Frame:
    """What the case's schedule is laid into."""
    policy = desk.policy(case)
    first_failed_at = min(d.invoice.failed_at or desk.now for d in owed)
    return Frame(
        anchor=case.opened_at,
        zone=desk.place.zone.info,
        hours=policy.hours,
        ends_at=ends_at(first_failed_at, policy),
        warn_days=policy.warn_days,
    )
