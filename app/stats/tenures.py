"""Tenures follow the provider's rows: whatever order the events come in, the table says the same.

Left out are staff and test customers, and subscriptions that never brought money: trials and free plans. Of one that
began before we watched the payments are not known; it counts as paid unless its price is nothing or it is on trial.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.billing import repository as billing
from app.billing.states import CustomerState, SubscriptionState
from app.contacts import repository as contacts
from app.contacts.states import Flag
from app.core import gates
from app.core.marks import note
from app.stats.structural import Structural, structural_of
from app.stats.tenures_models import TenureRow
from app.stats.tenures_rules import Served, Tenure, began_at, plan_of, tenures
from app.winback.lapsing import Books, books_of
from app.winback.states import LapseKind

OWN = frozenset({Flag.STAFF.value, Flag.TEST.value})
SERVING = frozenset({"active", "past_due", "trialing", "paused"})


def follow(session: Session, customer_ids: Collection[str]) -> None:
    """Bring the tenures of these customers in line. Days on which one ended and no longer does are marked.

    What an erased person's tenures were they remain: the rows that tell of them have lost their words.
    """
    customer_ids = billing.load(session, CustomerState, customer_ids).keys()
    if not customer_ids:
        return
    known: dict[str, dict[int, TenureRow]] = {}
    for row in session.scalars(select(TenureRow).where(TenureRow.customer_id.in_(sorted(customer_ids)))):
        known.setdefault(row.customer_id, {})[row.number] = row
    wanted = tenures_of(session, customer_ids)
    for customer_id in sorted(customer_ids):
        rows = known.get(customer_id, {})
        told = {t.number: t for t in wanted.get(customer_id, ())}
        for number, row in rows.items():
            if number not in told or told[number].ended_at != row.ended_at:
                _ends_no_more(session, row)
            if number not in told:
                session.delete(row)
        for number, tenure in told.items():
            kept = rows.get(number)
            if kept is None:
                kept = TenureRow(customer_id=customer_id, number=number)
                session.add(kept)
            _fill(kept, tenure)


def _ends_no_more(session: Session, row: TenureRow) -> None:
    if row.ended_at is not None:
        note(session, TenureRow.__tablename__, [row.customer_id], row.ended_at.date())


def tenures_of(session: Session, customer_ids: Collection[str]) -> dict[str, list[Tenure]]:
    """The unbroken times of these customers, out of the provider's rows. Writes nothing."""
    subscriptions = billing.subscriptions_of(session, customer_ids)
    facts = contacts.facts_of(session, customer_ids)
    flags = {key: frozenset(row.flags) for key, row in facts.items()}
    watching = gates.registered(session)
    known = _Known(
        books_of(session, customer_ids, subscriptions),
        structural_of(session, customer_ids),
        flags,
        watching.watching_since if watching else None,
    )
    served: dict[str, list[Served]] = {}
    for subscription in subscriptions.values():
        owner = subscription.customer_id or ""
        time = None if flags.get(owner, frozenset()) & OWN else known.served(subscription)
        if time is not None:
            served.setdefault(owner, []).append(time)
    return {owner: tenures(times) for owner, times in served.items()}


@dataclass(frozen=True, slots=True)
class _Known:
    books: Books
    structural: Structural
    flags: Mapping[str, frozenset[str]]
    watching_since: datetime | None

    def served(self, subscription: SubscriptionState) -> Served | None:
        """The paid time of a subscription; None where there was none."""
        ended = self.books.ended(subscription)
        over = ended is not None and not ended.running
        if not over and subscription.status not in SERVING:
            return None
        payments = [
            i.paid_at
            for i in self.books.paid.get(subscription.id, ())
            if i.paid_at is not None and i.amount_paid_minor > 0
        ]
        if not payments and not self._paid_unseen(subscription):
            return None
        began = began_at(subscription.created_at, subscription.trial_end_at, min(payments, default=None))
        ends_at = ended.ends_at if ended is not None and over else None
        if began is None or (ends_at is not None and ends_at <= began):
            return None
        plan = plan_of(subscription.items)
        if ended is None or ends_at is None:
            return Served(subscription.id, began, plan=plan)
        involuntary = ended.kind is LapseKind.INVOLUNTARY
        dead = Flag.DECEASED.value in self.flags.get(subscription.customer_id or "", frozenset())
        structural = True if dead else self.structural.of(subscription.id, ended.reason)
        return Served(
            subscription.id,
            began,
            ends_at,
            involuntary,
            None if involuntary else ended.reason,
            None if involuntary else structural,
            plan,
        )

    def _paid_unseen(self, subscription: SubscriptionState) -> bool:
        """Whether it may have been paid for before we watched."""
        since, began = self.watching_since, subscription.created_at
        free = subscription.items is not None and not any(
            i.get("amount_minor") is None or i["amount_minor"] > 0 for i in subscription.items
        )
        if since is None or began is None or began >= since or free:
            return False
        return subscription.trial_end_at is None or subscription.trial_end_at < since


def _fill(row: TenureRow, tenure: Tenure) -> None:
    values: dict[str, Any] = {
        "began_at": tenure.began_at,
        "ended_at": tenure.ended_at,
        "involuntary": tenure.last.involuntary,
        "reason": tenure.last.reason,
        "structural": tenure.last.structural,
        "price_id": tenure.last.plan.price_id,
        "term": tenure.last.plan.term,
        "currency": tenure.last.plan.currency,
    }
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
