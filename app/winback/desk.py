"""What a sequence works with: the lapse, the person, the policy under which the case began."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import CustomerState
from app.campaigns import repository as campaigns
from app.cancellation.place import whereabouts
from app.cases.models import Case
from app.contacts.service import hashed
from app.hooks.service import has_tested_consumer
from app.hooks.states import HookType
from app.offers.choosing import Person
from app.offers.rules.for_return import LastPlan
from app.winback.mails import Setup
from app.winback.models import Lapse
from app.winback.persons import twins_of
from app.winback.rules.policy import WinbackPolicy

# Policies by version. A version is a digest of its definition, so it never means anything else.
_POLICIES: dict[str, WinbackPolicy] = {}


def policy_of(session: Session, case: Case, setup: Setup) -> WinbackPolicy:
    """The policy under which the case began."""
    known = _POLICIES.get(case.policy_version)
    if known is None:
        definition = campaigns.definition_of(session, case.policy_version)
        if definition is None:
            return setup.winback
        known = _POLICIES[case.policy_version] = WinbackPolicy.model_validate(definition["winback"])
    return known


def person_of(session: Session, lapse: Lapse, *, now: datetime) -> Person:
    """The person behind the lapse, over all their customers, for the rules of offers."""
    customers = billing.load(session, CustomerState, [lapse.customer_id])
    customer = customers.get(lapse.customer_id)
    address = hashed(session, customer.email if customer else None)
    others = twins_of(session, customers).get(lapse.customer_id, frozenset())
    return Person(
        customer_ids=[lapse.customer_id, *sorted(others - {lapse.customer_id})],
        address_hash=address,
        country=whereabouts(session, lapse.customer_id).country,
        missing=lapse.missing,
        consumes_entitlements=has_tested_consumer(session, HookType.ENTITLEMENT_CHANGED, now=now),
        in_dispute=lapse.customer_id in billing.disputing(session, [lapse.customer_id]),
    )


def last_plan(lapse: Lapse) -> LastPlan:
    """The plan that they had."""
    tenure = lapse.ends_at - lapse.started_at if lapse.started_at else timedelta(0)
    return LastPlan(
        price_id=lapse.price_id,
        product_id=lapse.product_id,
        amount_minor=lapse.amount_minor,
        currency=lapse.currency,
        interval=lapse.interval,
        interval_count=lapse.interval_count,
        quantity=lapse.quantity,
        tenure=tenure,
    )
