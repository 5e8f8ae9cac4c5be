"""Provider pages minted for a case: remembered when they are made, found again when they are completed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.billing.ports import ProviderReads
from app.cases.models import CardSession
from app.cases.states import CardSessionState
from app.core.errors import ProviderError


def remember_session(
    session: Session, session_id: str, *, case_id: str, customer_id: str, now: datetime
) -> None:
    """Keep the id of a provider page that our card page has just minted."""
    session.add(
        CardSession(
            id=session_id,
            case_id=case_id,
            customer_id=customer_id,
            state=CardSessionState.OPEN,
            created_at=now,
        )
    )


def sessions_of(session: Session, case_id: str) -> list[CardSession]:
    """Provider pages minted for a case, newest first."""
    query = select(CardSession).where(CardSession.case_id == case_id)
    return list(session.scalars(query.order_by(CardSession.created_at.desc(), CardSession.id)))


def method_of_setup(reads: ProviderReads, setup_intent_id: str | None) -> str:
    """The payment method that a completed page has saved; raises ProviderError where there is none."""
    setup = reads.fetch("setup_intent", setup_intent_id) if setup_intent_id else None
    method = (setup or {}).get("payment_method")
    method_id = method.get("id") if isinstance(method, dict) else method
    if not isinstance(method_id, str):
        raise ProviderError("the page was completed without a payment method", permanent=True)
    return method_id
