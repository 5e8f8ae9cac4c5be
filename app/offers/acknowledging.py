"""The merchant's backend has taken note of an entitlement: only then is the upgrade applied."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.hooks.facts import HookSettled
from app.hooks.states import HookState, HookType
from app.offers import repository, service
from app.offers.models import Grant
from app.offers.states import GrantState


def settled(session: Session, fact: HookSettled, *, now: datetime) -> Grant | None:
    """The grant that this acknowledgement applies, or that its final failure ends; None otherwise."""
    if fact.type != HookType.ENTITLEMENT_CHANGED or not fact.data.get("active"):
        return None
    grant = repository.get(session, fact.data.get("grant"), lock=True)
    held = repository.entitlement_of(session, grant.id) if grant else None
    if grant is None or held is None or grant.state != GrantState.ACCEPTED:
        return None
    if fact.state == HookState.SENT:
        held.acknowledged_at = fact.at
        service.applied(session, grant, now=fact.at)
        return grant
    held.ended_at = now
    service.fail(session, grant, f"the merchant's backend did not take it: {fact.detail}", now=fact.at)
    return grant
