"""A case with all that hangs on it, read at once: for the API's answer and for the case page."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import CustomerState, InvoiceState
from app.cases import repository as case_rows
from app.cases.card_sessions import sessions_of
from app.cases.models import CardSession, Case, Step, TimelineEntry
from app.cases.states import CaseKind, CaseState
from app.core.errors import NotFound
from app.dunning import repository as dunning
from app.dunning.models import DunningInvoice
from app.ops.leaving_facts import LeavingStory, story_of
from app.outbox import repository as outbox
from app.outbox.models import Action, Mail, Task
from app.stats.rules import LateInvoice, Standing, standing


@dataclass(frozen=True, slots=True)
class Debt:
    """A late invoice, the provider's invoice if we know it, and where it stands in the statistics."""

    row: DunningInvoice
    invoice: InvoiceState | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything about one case."""

    case: Case
    customer: CustomerState | None
    debts: list[Debt]
    steps: list[Step]
    timeline: list[TimelineEntry]
    mails: list[Mail]
    actions: list[Action]
    card_sessions: list[CardSession]
    tasks: list[Task]
    leaving: LeavingStory | None


def read(session: Session, case_id: str) -> Dossier:
    """The dossier of a case; raises NotFound."""
    case = case_rows.get(session, case_id)
    if case is None:
        raise NotFound(f"there is no case {case_id}")
    rows = dunning.debts_of(session, case.id)
    invoices = billing.load(session, InvoiceState, [row.invoice_id for row in rows])
    actions = select(Action).where(Action.case_id == case.id).order_by(Action.created_at, Action.id)
    tasks = select(Task).where(Task.case_id == case.id).order_by(Task.created_at, Task.id)
    return Dossier(
        case=case,
        customer=billing.load(session, CustomerState, [case.customer_id]).get(case.customer_id),
        debts=[Debt(row, invoices.get(row.invoice_id), _standing(row, case)) for row in rows],
        steps=case_rows.steps_of(session, case.id),
        timeline=case_rows.timeline_of(session, case.id),
        mails=outbox.mails_of(session, case.id),
        actions=list(session.scalars(actions)),
        card_sessions=sessions_of(session, case.id),
        tasks=list(session.scalars(tasks)),
        leaving=story_of(session, case),
    )


def open_case_of(session: Session, customer_id: str) -> Case | None:
    """The customer's dunning case that is open or held, if there is one."""
    query = select(Case).where(
        Case.customer_id == customer_id, Case.kind == CaseKind.DUNNING, Case.state != CaseState.CLOSED
    )
    return session.scalar(query)


def _standing(row: DunningInvoice, case: Case) -> Standing:
    return standing(
        LateInvoice(
            at_risk_minor=row.at_risk_minor,
            paid_minor=row.paid_minor,
            returned_minor=row.returned_minor,
            result=row.result,
            paid_at=row.paid_at,
            settled_at=row.settled_at,
            case_closed=case.state == CaseState.CLOSED,
            first_contact_at=case.first_contact_at,
            contacts=case.contacts,
        )
    )
