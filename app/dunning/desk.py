"""What we know of one customer's dunning affairs, loaded for many customers at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import CustomerState, InvoiceState, SubscriptionState
from app.campaigns import repository as campaigns
from app.campaigns.planner import Frame
from app.cases import repository as case_rows
from app.cases import service as case_engine
from app.cases.models import Case, Step
from app.cases.states import CaseKind, CaseState
from app.dunning import mails, repository
from app.dunning.models import DunningInvoice
from app.dunning.rules.bans import Bans, bans_after
from app.dunning.rules.cases import Debt
from app.dunning.rules.decline import classify
from app.dunning.rules.policy import DunningPolicy
from app.dunning.rules.steps import Course, course_of, ends_at
from app.experiments import service as experiments
from app.experiments.rules import DUNNING, Assignment

Row = TypeVar("Row", InvoiceState, SubscriptionState, DunningInvoice)


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
    steps: dict[str, list[Step]]
    arms: dict[str, Assignment]
    policies: dict[str, DunningPolicy]
    disputing: bool = False

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
        known = self.policies.get(case.policy_version)
        if known is None:
            definition = campaigns.definition_of(self.session, case.policy_version)
            known = DunningPolicy.model_validate(definition) if definition else self.setup.policy
            self.policies[case.policy_version] = known
        return known

    def present_version(self) -> str:
        """The version of the policy that new cases begin under, stored once a batch."""
        policy = self.setup.policy
        version = next((v for v, known in self.policies.items() if known is policy), None)
        if version is None:
            definition = policy.model_dump(mode="json")
            version = campaigns.remember(self.session, "dunning", definition, now=self.now)
            self.policies[version] = policy
        return version

    def planned(self, case: Case) -> list[Step]:
        """The case's planned steps; the list follows when they are planned anew."""
        return self.steps.setdefault(case.id, [])

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
    if not concerned:
        return []
    customers = billing.load(session, CustomerState, concerned)
    invoices = _by_customer(billing.invoices_of(session, concerned))
    subscriptions = _by_customer(billing.subscriptions_of(session, concerned))
    cases = case_rows.cases_of(session, CaseKind.DUNNING, concerned)
    rows = _by_customer(repository.invoices_in_cases(session, concerned))
    running = [c.id for mine in cases.values() for c in mine if c.state != CaseState.CLOSED]
    steps = case_rows.planned_steps(session, running)
    disputing = repository.disputing(session, concerned)
    arms = experiments.arms_of(session, DUNNING, concerned)
    policies: dict[str, DunningPolicy] = {}
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
            steps=steps,
            arms=arms,
            policies=policies,
            disputing=c in disputing,
        )
        for c in sorted(concerned & set(customers))
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
        zone=mails.zone_of(desk.customer, desk.setup).info,
        hours=policy.hours,
        ends_at=ends_at(first_failed_at, policy),
        warn_days=policy.warn_days,
    )
