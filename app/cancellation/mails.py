"""What the mails of a cancellation say: their context, and putting them into the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.naming import plan_of
from app.billing.states import CustomerState, SubscriptionState
from app.cancellation.ports import Setup
from app.cases.models import Case
from app.cases.standing import place_of
from app.contacts import repository as contacts
from app.contacts.states import Campaign
from app.offers.models import Grant
from app.offers.rules.terms import Terms, terms_from_json
from app.offers.states import OfferKind
from app.outbox.service import queue_mail
from app.outbox.states import MailPurpose

CANCELLED = "subscription_cancelled"
RECEIVED = "cancellation_received"
UNDONE = "cancellation_undone"
OFFER_CONFIRMED = "offer_confirmed"
BENEFIT_ENDING = "benefit_ending"
QUESTION = "cancellation_question"


def send(
    session: Session,
    case: Case,
    name: str,
    setup: Setup,
    *,
    key: str,
    context: Mapping[str, Any],
    now: datetime,
    purpose: MailPurpose = MailPurpose.CONFIRMATION,
    campaign: Campaign | None = None,
) -> bool:
    """Queue one mail of a case, at most once a key; False if there is no address, or it was wanted before."""
    customer = billing.load(session, CustomerState, [case.customer_id]).get(case.customer_id)
    if customer is None or not customer.email:
        return False
    facts = contacts.facts_of(session, [case.customer_id]).get(case.customer_id)
    place = place_of(customer, facts, setup.terms)
    subscription = billing.load(session, SubscriptionState, [case.subject_id]).get(case.subject_id)
    always = {
        "customer": {"name": customer.name},
        "plan": plan_of(session, subscription),
        "time_zone": place.zone.name,
    }
    mail = queue_mail(
        session,
        key=f"{case.id}:{key}",
        name=name,
        purpose=purpose,
        customer_id=case.customer_id,
        case_id=case.id,
        step_id=None,
        to_address=customer.email,
        locale=place.language.tag,
        context=always | dict(context),
        due_at=now,
        now=now,
        campaign=campaign,
    )
    return mail is not None


def cancelled_context(
    case: Case, setup: Setup, *, ends_at: str | None, at_once: bool, declared_at: str | None
) -> dict[str, Any]:
    """The context of `subscription_cancelled`."""
    return {
        "ends_at": ends_at,
        "at_once": at_once,
        "declared_at": declared_at,
        "undo_url": None if at_once else setup.undo_link(case),
    }


def offer_context(case: Case, grant: Grant, setup: Setup) -> dict[str, Any]:
    """The context of `offer_confirmed` and `benefit_ending`: what was promised, the price after, the way out."""
    terms = terms_from_json(grant.terms)
    return {
        "offer": offer_lines(terms),
        "cancel_url": setup.cancel_link(grant.customer_id, grant.subscription_id),
    }


def offer_lines(terms: Terms) -> dict[str, Any]:
    """The terms in plain JSON for templates: amounts as money, the totals with tax where they are known."""
    during = terms.total_now_minor if terms.total_now_minor is not None else terms.charged_minor
    later = terms.total_after_minor if terms.total_after_minor is not None else terms.price_minor
    if terms.kind is OfferKind.SWITCH_PLAN:
        later = during  # there is no way back to the old price

    def money(amount: int | None) -> dict[str, Any] | None:
        return None if amount is None else {"amount_minor": amount, "currency": terms.currency}

    return {
        "kind": terms.kind.value,
        "means": terms.means.value,
        "months": terms.months,
        "percent": terms.percent,
        "interval": terms.interval,
        "interval_count": terms.interval_count,
        "plan_name": terms.plan_name,
        "price_during": money(during),
        "price_after": money(later),
        "saved": money(terms.saved_minor or None),
        "with_tax": terms.total_after_minor is not None,
        "next_charge_at": _text(terms.next_charge_at),
        "full_charge_at": _text(terms.full_charge_at),
        "ends_at": _text(terms.ends_at),
        "url": terms.url,
    }


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
