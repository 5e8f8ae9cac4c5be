"""The forecast of the catalogue's cost over our own rows; nothing is asked of the provider."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.models import Subscription
from app.billing.states import CustomerState, SubscriptionState
from app.cases.models import Case
from app.cases.states import CaseKind
from app.hooks.service import has_tested_consumer
from app.hooks.states import HookType
from app.offers.models import Grant
from app.offers.rules.contract import Contract, Line
from app.offers.rules.eligibility import Applicant, Earlier
from app.offers.rules.forecast import LOOK_BACK, Candidate, Forecast, forecast, leaving_of
from app.offers.rules.policy import Catalogue
from app.offers.states import ACCEPTED_ONCE, OfferKind


def forecast_of(session: Session, catalogue: Catalogue, *, accept_rate: float, now: datetime) -> Forecast:
    """What the catalogue would cost in a month, by the subscriptions that are active now."""
    candidates = _candidates(session, now)
    asked = select(Case.opened_at).where(Case.kind == CaseKind.CANCELLATION, Case.opened_at > now - LOOK_BACK)
    leaving = leaving_of(list(session.scalars(asked)), len(candidates), now=now)
    return forecast(catalogue, candidates, leaving, accept_rate=accept_rate, now=now)


def _candidates(session: Session, now: datetime) -> list[Candidate]:
    ids = list(
        session.scalars(select(Subscription.id).where(Subscription.status.in_(("active", "trialing"))))
    )
    subscriptions = list(billing.load(session, SubscriptionState, ids).values())
    theirs = {s.customer_id for s in subscriptions if s.customer_id is not None}
    customers = billing.load(session, CustomerState, theirs)
    earlier, disputing = _earlier(session), billing.disputing(session, theirs)
    consumes = has_tested_consumer(session, HookType.ENTITLEMENT_CHANGED, now=now)
    found = []
    for one in subscriptions:
        customer = customers.get(one.customer_id or "")
        person = Applicant(
            country=customer.country if customer else None,
            earlier=earlier.get(one.customer_id or "", ()),
            consumes_entitlements=consumes,
            in_dispute=one.customer_id in disputing,
        )
        found.append(Candidate(_contract(one, now), person))
    return found


def _earlier(session: Session) -> dict[str, list[Earlier]]:
    """What was taken before, by customer."""
    taken: dict[str, list[Earlier]] = defaultdict(list)
    for g in session.scalars(select(Grant).where(Grant.state.in_([s.value for s in ACCEPTED_ONCE]))):
        taken[g.customer_id].append(
            Earlier(g.offer, OfferKind(g.kind), g.accepted_at or g.shown_at, g.cost_minor)
        )
    return taken


def _contract(one: SubscriptionState, now: datetime) -> Contract:
    """A contract as far as our rows know it: no discounts, no schedule."""
    lines = tuple(
        Line(
            item_id=item["item_id"] or "",
            price_id=item["price_id"] or "",
            product_id=item["product_id"],
            label=item["label"],
            amount_minor=item["amount_minor"],
            currency=item["currency"] or "",
            interval=item["interval"] or "month",
            interval_count=item["interval_count"],
            quantity=item["quantity"],
            metered=item.get("metered", False),
        )
        for item in one.items or []
    )
    return Contract(
        subscription_id=one.id,
        customer_id=one.customer_id or "",
        status=one.status,
        collection_method=one.collection_method or "",
        currency=lines[0].currency if lines else "",
        lines=lines,
        started_at=one.created_at or now,
        period_end_at=one.period_end_at,
        trial_end_at=one.trial_end_at,
        cancel_at=one.cancel_at,
        pauses_collection=one.paused_collection,
    )
