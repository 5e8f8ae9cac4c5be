"""After the provider's rows have changed: lapses follow subscriptions, sequences follow the person."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import TERMINAL_SUBSCRIPTION, SubscriptionState
from app.cases.models import Case
from app.cases.states import CaseKind, CaseState
from app.offers import repository as grants
from app.offers.rules.outcome import Payment
from app.winback import lapsing, repository
from app.winback.enrolling import anchor_of, replan
from app.winback.gathering import people_of
from app.winback.mails import Setup
from app.winback.models import Lapse
from app.winback.rules.outcome import MILESTONES, second_life
from app.winback.settling import settle, settle_late


def react(session: Session, customer_ids: Collection[str], setup: Setup, now: datetime) -> None:
    """Bring the lapses and sequences of these customers in line with what we now know of them."""
    if not customer_ids:
        return
    lapsing.follow(session, customer_ids, now=now)
    session.flush()
    concerned = _open_cases_about(session, customer_ids)
    if concerned:
        settle_all(session, concerned, setup, now)
    _settle_late(session, customer_ids, now)


def _settle_late(session: Session, customer_ids: Collection[str], now: datetime) -> None:
    """Who comes back after their sequence is over, or without one, is noted on the lapse."""
    gone = repository.not_back(session, customer_ids)
    if not gone:
        return
    people = people_of(session, {lapse.customer_id for lapse in gone})
    for lapse in gone:
        settle_late(session, lapse, people.theirs(lapse.customer_id), now)


def _open_cases_about(session: Session, customer_ids: Collection[str]) -> list[Case]:
    query = select(Case).where(
        Case.kind == CaseKind.WINBACK.value,
        Case.customer_id.in_(sorted(customer_ids)),
        Case.state != CaseState.CLOSED.value,
    )
    return list(session.scalars(query.order_by(Case.id).with_for_update()))


def settle_all(session: Session, cases: Sequence[Case], setup: Setup, now: datetime) -> None:
    """Close the cases of who is back; lay a new plan where what it was laid by has changed."""
    people = people_of(session, {c.customer_id for c in cases})
    lapses = repository.lapses(session, {c.subject_id for c in cases})
    for case in cases:
        lapse = lapses.get(case.subject_id)
        if lapse is None:
            continue
        settle(session, case, lapse, people.theirs(case.customer_id), now)
        if case.state != CaseState.CLOSED and case.details.get("anchor") != anchor_of(lapse):
            case.category = lapse.kind
            replan(session, case, lapse, setup, why="the end, or its cause, is another by now", now=now)


def follow_lives(session: Session, lapses: Sequence[Lapse], *, now: datetime) -> None:
    """Whether those who returned are still there, and what was received from them since."""
    ids = {row.returned_subscription_id for row in lapses if row.returned_subscription_id}
    subscriptions = billing.load(session, SubscriptionState, ids)
    customers = {s.customer_id for s in subscriptions.values() if s.customer_id}
    paid: dict[str, list[Payment]] = {}
    currencies: dict[str, str] = {}
    for i in billing.paid_invoices_of(session, customers).values():
        if i.subscription_id in ids and i.paid_at is not None:
            received = max(i.amount_paid_minor - i.refunded_minor, 0)
            currencies[i.subscription_id or ""] = i.currency
            paid.setdefault(i.subscription_id or "", []).append(
                Payment(i.created_at or i.paid_at, i.paid_at, received)
            )
    for row in lapses:
        back = row.returned_subscription_id or ""
        _follow_life(session, row, subscriptions.get(back), paid, now)
        if row.currency is not None and currencies.get(back, row.currency) != row.currency:
            row.paid_minor = 0  # nothing is summed across currencies


def _follow_life(
    session: Session,
    row: Lapse,
    subscription: SubscriptionState | None,
    paid: dict[str, list[Payment]],
    now: datetime,
) -> None:
    assert row.returned_at is not None
    grant = grants.get(session, row.grant_id)
    left_at = None
    if subscription is not None and subscription.status in TERMINAL_SUBSCRIPTION:
        left_at = subscription.ended_at or subscription.canceled_at or subscription.seen_at
    life = second_life(
        row.returned_at,
        grant.full_charge_at if grant else None,
        paid.get(row.returned_subscription_id or "", ()),
        left_at,
        now=now,
    )
    row.full_paid_at, row.paid_minor, row.left_again_at = life.full_paid_at, life.paid_minor, life.left_at
    for days in MILESTONES:
        if days in life.outcomes and getattr(row, f"outcome_{days}") is None:
            setattr(row, f"outcome_{days}", life.outcomes[days].value)
