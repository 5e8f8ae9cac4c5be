"""Reads one case for the card page, without the locks that deciding takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import CustomerState, InvoiceState
from app.cases import repository as case_rows
from app.cases.card_sessions import sessions_of
from app.cases.models import CardSession, Case
from app.cases.states import CardSessionState, CaseKind, CaseState, Outcome
from app.core import gates
from app.dunning import repository as dunning
from app.dunning.rules.cases import Debt
from app.portal.rules import Attempt, Picture


@dataclass(frozen=True, slots=True)
class CardCase:
    """A case as the page needs it. `customer` is None after an erasure."""

    case_id: str
    customer_id: str
    link_epoch: int
    customer: CustomerState | None
    picture: Picture


def card_case(session: Session, case_id: str, *, returned_from: str | None = None) -> CardCase | None:
    """The dunning case of that id, or None."""
    case = case_rows.get(session, case_id)
    if case is None or case.kind != CaseKind.DUNNING:
        return None
    picture = Picture(
        state=CaseState(case.state),
        outcome=Outcome(case.outcome) if case.outcome else None,
        debts=_debts(session, case),
        attempts=tuple(_attempt(row) for row in sessions_of(session, case.id)),
        returned_from=returned_from,
        paused=gates.paused(session) is not None,
    )
    customer = billing.load(session, CustomerState, [case.customer_id]).get(case.customer_id)
    return CardCase(case.id, case.customer_id, case.link_epoch, customer, picture)


def _debts(session: Session, case: Case) -> tuple[Debt, ...]:
    ids = [row.invoice_id for row in dunning.debts_of(session, case.id)]
    invoices = billing.load(session, InvoiceState, ids)
    subscriptions = billing.subscriptions_of(session, [case.customer_id])
    gave_up = case.details.get("gave_up_at")
    gave_up_at = datetime.fromisoformat(gave_up) if gave_up else None
    found = [invoices[i] for i in ids if i in invoices]
    return tuple(Debt(i, subscriptions.get(i.subscription_id or ""), gave_up_at) for i in found)


def _attempt(row: CardSession) -> Attempt:
    told = row.decline or {}
    return Attempt(
        session_id=row.id,
        state=CardSessionState(row.state),
        completed_at=row.completed_at,
        status=told.get("status"),
        code=told.get("code"),
        decline_code=told.get("decline_code"),
    )
