"""One customer in the API: what we know, what is open, and whether access should go on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import CustomerState, InvoiceState, SubscriptionState
from app.campaigns import repository as campaigns
from app.cases.models import Case
from app.core.auth import Scope
from app.core.errors import NotFound
from app.core.web import Caller, needs, no_store
from app.dunning import repository as dunning
from app.dunning.rules.access import Access, access_of, best
from app.dunning.rules.policy import DunningPolicy
from app.offers import repository as grants
from app.ops.case_schemas import CaseOut
from app.ops.contact_rules import contact_rules
from app.ops.contact_schemas import ContactRulesOut
from app.ops.dossier import open_case_of
from app.ops.leaving_facts import cancellations_of, grant_out, upgrades_of
from app.ops.leaving_schemas import CancellationOut, GrantOut
from app.ops.ports import At, Workplace
from app.ops.schemas import Instant, Key, problems

router = APIRouter(prefix="/api/customers", tags=["customers"], dependencies=[Depends(no_store)])


class AccessOut(BaseModel):
    """`upgraded`, `ok`, `grace`, `paused` or `restricted`; `until` is the date on which it ends, if one is known.

    `ok` with a date: cancelled, and paid until then. A hint, not an order.
    """

    model_config = ConfigDict(from_attributes=True)

    state: str
    until: Instant | None
    reason: str


class CustomerOut(BaseModel):
    """What the provider told us about a customer."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    email: str | None
    name: str | None
    locale: str | None
    country: str | None
    time_zone: str | None
    currency: str | None
    delinquent: bool
    deleted: bool


class SubscriptionOut(BaseModel):
    """One subscription."""

    id: str
    status: str
    created_at: Instant | None
    period_end_at: Instant | None
    trial_end_at: Instant | None
    cancel_at: Instant | None
    canceled_at: Instant | None
    ended_at: Instant | None
    paused_collection: bool
    pause_resumes_at: Instant | None
    access: AccessOut


class CustomerDetail(BaseModel):
    """`access` is the best that any subscription gives; null where we know of none.

    `contact` says whether the customer may be written to, and why the next mail will or will not go;
    `cancellation` names the subscriptions that are being cancelled, or are.
    """

    customer: CustomerOut
    subscriptions: list[SubscriptionOut]
    open_case: CaseOut | None
    access: AccessOut | None
    contact: ContactRulesOut
    grants: list[GrantOut]
    cancellation: list[CancellationOut]


@router.get("/{customer_id}", responses=problems(404))
def show_customer(
    at: At, _: Annotated[Caller, Depends(needs(Scope.READ))], customer_id: Key
) -> CustomerDetail:
    """What we know of a customer."""
    with at.db.read() as session:
        return detail_of(session, at, customer_id)


def detail_of(session: Session, place: Workplace, customer_id: str) -> CustomerDetail:
    """What we know of a customer; raises NotFound."""
    now = place.clock()
    customer = billing.load(session, CustomerState, [customer_id]).get(customer_id)
    if customer is None:
        raise NotFound(f"there is no customer {customer_id}")
    case = open_case_of(session, customer_id)
    policy = _policy(session, case) or place.setup.policy
    subscriptions = billing.subscriptions_of(session, [customer_id]).values()
    access = _access(session, customer_id, subscriptions, policy, now)
    overall = best(access.values())
    return CustomerDetail(
        customer=CustomerOut.model_validate(customer),
        subscriptions=_subscriptions(subscriptions, access),
        open_case=CaseOut.model_validate(case) if case else None,
        access=AccessOut.model_validate(overall) if overall else None,
        contact=contact_rules(session, customer, place.setup.terms, now=now),
        grants=[grant_out(g) for g in reversed(grants.of_customers(session, [customer_id]))],
        cancellation=cancellations_of(session, customer_id, subscriptions),
    )


def _access(
    session: Session,
    customer_id: str,
    subscriptions: Collection[SubscriptionState],
    policy: DunningPolicy,
    now: datetime,
) -> dict[str, Access]:
    """Access by each subscription."""
    owed, upgrades = _owed_since(session, customer_id), upgrades_of(session, customer_id)
    return {
        s.id: access_of(s, owed.get(s.id), policy, now=now, upgrade=upgrades.get(s.id)) for s in subscriptions
    }


def _policy(session: Session, case: Case | None) -> DunningPolicy | None:
    """The policy under which the case began."""
    definition = campaigns.definition_of(session, case.policy_version) if case else None
    return DunningPolicy.model_validate(definition) if definition else None


def _owed_since(session: Session, customer_id: str) -> dict[str, datetime]:
    """The first failure of the oldest unpaid invoice, by subscription."""
    rows = dunning.invoices_in_cases(session, [customer_id])
    invoices = billing.load(session, InvoiceState, list(rows))
    since: dict[str, datetime] = {}
    for row in rows.values():
        invoice = invoices.get(row.invoice_id)
        if row.result is None and invoice is not None and invoice.subscription_id is not None:
            known = since.get(invoice.subscription_id, row.failed_at)
            since[invoice.subscription_id] = min(known, row.failed_at)
    return since


def _subscriptions(
    found: Collection[SubscriptionState], access: Mapping[str, Access]
) -> list[SubscriptionOut]:
    ordered = sorted(found, key=lambda s: s.id)
    return [SubscriptionOut(**asdict(s), access=AccessOut.model_validate(access[s.id])) for s in ordered]
