"""Consents that reach us as facts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.billing.facts import MarketingAllowed
from app.contacts.service import hashed, record_consent
from app.contacts.states import ConsentBasis


def allowed(session: Session, fact: MarketingAllowed, _setup: object, *, now: datetime) -> None:
    """The provider's checkout page has asked, and the customer has agreed: its session is the proof."""
    known = hashed(session, fact.email)
    if fact.customer_id is None and known is None:
        return  # nobody to keep it for
    record_consent(
        session,
        basis=ConsentBasis.CONSENT,
        source="checkout",
        proof=fact.session_id,
        given_at=min(fact.at, now),  # the provider's clock may be ahead of ours
        customer_id=fact.customer_id,
        address=fact.email if known else None,
        now=now,
    )
