"""THE FLOW, on one page.

webhook -> inbound event -> facts -> billing projection -> case -> due step -> outbox row -> outcome -> stats

Two tables say who takes part: which feature hears which fact, and which policy runs which kind of
case. Everything else here only walks through them, inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.billing import repository as billing_rows
from app.billing import service as billing
from app.billing.facts import CardSessionCompleted, CustomerSeen, Fact, InvoiceSeen, PaymentMethodSeen
from app.billing.projection.invoices import invoice_after
from app.billing.states import InvoiceState
from app.cases import repository as case_rows
from app.cases.models import Case, Step
from app.cases.states import CaseKind
from app.dunning import charging
from app.dunning import due as dunning_due
from app.dunning import mails as dunning_mails
from app.dunning import service as dunning
from app.dunning.models import DunningInvoice
from app.outbox.facts import ActionSettled, MailSettled, OutboxFact
from app.outbox.models import Mail
from app.outbox.ports import Stop
from app.outbox.states import MailPurpose

Setup = dunning_mails.Setup

HANDLERS: dict[type, list[Callable[..., None]]] = {
    CardSessionCompleted: [charging.card_saved],
    PaymentMethodSeen: [charging.card_changed],
    CustomerSeen: [charging.card_changed],
    MailSettled: [dunning_mails.settled],
    ActionSettled: [charging.charged],
}
"""Which feature hears which fact: `handler(session, fact, setup, now=...)`."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a campaign kind must be able to say."""

    react: Callable[[Session, Collection[str], Setup, datetime], None]
    run_steps: Callable[[Session, Sequence[Case], dict[str, list[Step]], Setup, datetime], None]
    stop_reason: Callable[[Session, Case, Mail, Setup, dict[str, InvoiceState], datetime], Stop | None]


POLICIES: dict[CaseKind, Policy] = {
    CaseKind.DUNNING: Policy(dunning.react, dunning_due.run_steps, dunning_due.stop_reason),
}
"""Which policy runs which kind of case."""


def take_in(session: Session, facts: Sequence[Fact | OutboxFact], setup: Setup, *, now: datetime) -> None:
    """Facts become rows; then features hear of them; then every policy looks at the customers concerned."""
    own = [f for f in facts if isinstance(f, MailSettled | ActionSettled)]
    books = billing.project(session, [f for f in facts if not isinstance(f, MailSettled | ActionSettled)])
    for fact in facts:
        for handler in HANDLERS.get(type(fact), ()):
            handler(session, fact, setup, now=now)
    concerned = books.touched_customers() | {f.customer_id for f in own if isinstance(f, ActionSettled)}
    with session.no_autoflush:  # rows are written together at the end, not one by one before each query
        for policy in POLICIES.values():
            policy.react(session, concerned, setup, now)


def run_due(
    session: Session, cases: Sequence[Case], due: dict[str, list[Step]], setup: Setup, *, now: datetime
) -> None:
    """Let each kind decide the due steps of its cases."""
    for kind, policy in POLICIES.items():
        mine = [c for c in cases if c.kind == kind]
        if mine:
            with session.no_autoflush:
                policy.run_steps(session, mine, due, setup, now)


def stop_reason(
    session: Session, mail: Mail, setup: Setup, live: dict[str, InvoiceState], *, now: datetime
) -> Stop | None:
    """Why a mail must not leave now, and until when: asked of the kind of its case."""
    case = case_rows.get(session, mail.case_id or "", lock=True)
    if case is None:
        return Stop("its case is gone")
    return POLICIES[CaseKind(case.kind)].stop_reason(session, case, mail, setup, live, now)


def invoices_behind(session: Session, mail_ids: Collection[str]) -> list[str]:
    """Unpaid invoices that these mails are about: what to read live before they leave."""
    late = (Mail.purpose == MailPurpose.LAST_NOTICE) & DunningInvoice.paid_at.is_(None)
    query = (
        select(DunningInvoice.invoice_id)
        .join(Mail, Mail.case_id == DunningInvoice.case_id)
        .where(Mail.id.in_(sorted(mail_ids)), DunningInvoice.result.is_(None) | late)
    )
    return sorted(set(session.scalars(query)))


def live_invoices(session: Session, seen: Sequence[Fact]) -> dict[str, InvoiceState]:
    """Our invoices as the provider shows them now, without writing them."""
    pictures = {f.invoice_id: f for f in seen if isinstance(f, InvoiceSeen)}
    known = billing_rows.load(session, InvoiceState, list(pictures))
    return {key: invoice_after(known.get(key), picture) for key, picture in pictures.items()}
