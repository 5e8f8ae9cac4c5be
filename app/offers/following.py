"""What becomes of grants after they were made: expired, announced, kept or left. Looks at rows, not at events."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import TERMINAL_SUBSCRIPTION, InvoiceState, SubscriptionState
from app.hooks.service import announce
from app.hooks.states import HookType
from app.offers import repository, service
from app.offers.models import Grant
from app.offers.rules.outcome import Course, Payment, stand
from app.offers.rules.terms import terms_from_json
from app.offers.states import GrantState, Means
from app.outbox.service import open_task, queue_action

STUCK_AFTER = timedelta(hours=1)
ASK_AGAIN = timedelta(days=1)
DROP_UPGRADE = "drop_upgrade"

Announce = Callable[[Session, Grant, datetime], None]
"""Queues the notice that a benefit ends: the campaign kind that made the grant knows the words."""


def follow(session: Session, grants: Sequence[Grant], tell_of_end: Announce, *, now: datetime) -> None:
    """Bring these grants in line with what we know of their subscriptions."""
    customers = {g.customer_id for g in grants}
    if not customers:
        return
    subscriptions = billing.subscriptions_of(session, customers)
    invoices = _paid_by_subscription(session, customers)
    for grant in grants:
        match GrantState(grant.state):
            case GrantState.SHOWN:
                if grant.expires_at <= now:
                    service.expire(session, grant, now=now)
            case GrantState.ACCEPTED:
                _look_after(session, grant, now)
            case GrantState.APPLIED:
                subscription = subscriptions.get(grant.subscription_id)
                paid = invoices.get(grant.subscription_id, ())
                _bring_up(session, grant, subscription, paid, tell_of_end, now)
            case _:
                grant.look_at = None


def _paid_by_subscription(session: Session, customers: Collection[str]) -> dict[str, list[InvoiceState]]:
    found: dict[str, list[InvoiceState]] = {}
    for invoice in billing.paid_invoices_of(session, customers).values():
        if invoice.subscription_id:
            found.setdefault(invoice.subscription_id, []).append(invoice)
    return found


def _look_after(session: Session, grant: Grant, now: datetime) -> None:
    """Accepted, and not applied after an hour: the action is still tried, or a person has been told."""
    grant.look_at = now + ASK_AGAIN
    waiting = terms_from_json(grant.terms).means is Means.ENTITLEMENT
    if waiting and grant.accepted_at and now - grant.accepted_at >= STUCK_AFTER:
        open_task(
            session,
            key=f"{grant.id}:unacknowledged",
            kind="entitlement",
            title="A customer was promised a higher plan, and no system of yours has acknowledged it",
            detail=f"{grant.offer} for {grant.subscription_id}, accepted {grant.accepted_at:%Y-%m-%d %H:%M} UTC.",
            case_id=grant.case_id,
            customer_id=grant.customer_id,
            now=now,
        )


def _bring_up(
    session: Session,
    grant: Grant,
    subscription: SubscriptionState | None,
    paid: Sequence[InvoiceState],
    tell_of_end: Announce,
    now: datetime,
) -> None:
    _end_entitlement(session, grant, subscription, now)
    _drop_schedule(session, grant, subscription, now)
    course = Course(
        applied_at=grant.applied_at or now,
        full_charge_at=grant.full_charge_at,
        announced=grant.announced_at is not None or grant.ends_at is None,
        left_at=_left_at(subscription),
        ends_at=grant.ends_at,
        payments=[_payment(i) for i in paid if i.paid_at is not None],
    )
    standing = stand(course, now=now)
    if standing.announce:
        grant.announced_at = now
        tell_of_end(session, grant, now)
    grant.full_paid_at, grant.paid_minor, grant.look_at = (
        standing.full_paid_at,
        standing.paid_minor,
        standing.look_at,
    )
    for days, outcome in standing.outcomes.items():
        if getattr(grant, f"outcome_{days}") is None:
            setattr(grant, f"outcome_{days}", outcome.value)
    if standing.final is not None:
        grant.state, grant.settled_at = GrantState(standing.final.value), now
        grant.left_at = course.left_at if grant.state == GrantState.LEFT else None


def _left_at(subscription: SubscriptionState | None) -> datetime | None:
    if subscription is None:
        return None
    if subscription.status in TERMINAL_SUBSCRIPTION:
        return subscription.ended_at or subscription.canceled_at or subscription.seen_at
    return subscription.cancel_at


def _payment(invoice: InvoiceState) -> Payment:
    assert invoice.paid_at is not None
    received = max(invoice.amount_paid_minor - invoice.refunded_minor, 0)
    return Payment(invoice.created_at or invoice.paid_at, invoice.paid_at, received)


def _end_entitlement(
    session: Session, grant: Grant, subscription: SubscriptionState | None, now: datetime
) -> None:
    """The higher plan goes back by itself: at its end, with the subscription, or when they upgrade themselves."""
    held = repository.entitlement_of(session, grant.id)
    if held is None or held.ended_at is not None:
        return
    gone = subscription is not None and subscription.status in TERMINAL_SUBSCRIPTION
    prices = {i.get("price_id") for i in (subscription.items or [])} if subscription else set()
    if not (held.until_at <= now or gone or held.price_id in prices):
        return
    held.ended_at = now
    announce(
        session,
        type=HookType.ENTITLEMENT_CHANGED,
        key=f"{grant.id}:ended",
        customer_id=grant.customer_id,
        data=service.entitlement_data(grant, terms_from_json(grant.terms), active=False),
        now=now,
    )


def _drop_schedule(
    session: Session, grant: Grant, subscription: SubscriptionState | None, now: datetime
) -> None:
    """They have changed their plan by themselves while a schedule of ours ran: it must not take them back."""
    terms = terms_from_json(grant.terms)
    if terms.means is not Means.SCHEDULE or subscription is None or (terms.ends_at and terms.ends_at <= now):
        return
    if grant.applied_at is None or subscription.seen_at <= grant.applied_at:
        return  # our picture of it is older than the upgrade
    prices = {i.get("price_id") for i in (subscription.items or [])}
    if not prices or terms.price_id in prices or subscription.status in TERMINAL_SUBSCRIPTION:
        return
    queue_action(
        session,
        key=f"{grant.id}:drop",
        name=DROP_UPGRADE,
        customer_id=grant.customer_id,
        case_id=grant.case_id,
        params={"grant": grant.id, "subscription": grant.subscription_id},
        now=now,
    )
