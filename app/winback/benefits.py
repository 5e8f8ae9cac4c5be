"""The notice that a benefit of a return ends: it goes only while that end is still to come."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.live import Live
from app.billing.states import TERMINAL_SUBSCRIPTION, SubscriptionState
from app.cancellation.mails import BENEFIT_ENDING as BENEFIT_ENDING
from app.cases.models import Case
from app.offers import repository as grants
from app.offers.states import GrantState
from app.outbox.models import Mail
from app.outbox.ports import Stop


def stop_reason(session: Session, case: Case, mail: Mail, live: Live) -> Stop | None:
    """Why the notice must not leave; None: it may."""
    grant = next(
        (g for g in grants.of_case(session, case.id) if mail.key.startswith(f"{case.id}:{g.id}:")), None
    )
    if grant is None or grant.state != GrantState.APPLIED:
        return Stop("the benefit is over")
    key = grant.subscription_id
    subscription = live.subscriptions.get(key) or billing.load(session, SubscriptionState, [key]).get(key)
    if subscription is None or subscription.status in TERMINAL_SUBSCRIPTION:
        return Stop("the subscription has ended")
    if subscription.cancel_at and grant.full_charge_at and subscription.cancel_at <= grant.full_charge_at:
        return Stop("they have cancelled meanwhile: no full price will be charged")
    return None
