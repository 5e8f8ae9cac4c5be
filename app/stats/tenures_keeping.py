"""Who keeps the table of tenures: the worker, before the figures that are made of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.billing.models import Invoice, Subscription
from app.cancellation.models import CancelVisit
from app.cases.models import Case
from app.contacts.models import CustomerFacts
from app.core.db import Database
from app.stats import tenures

PAGE = 500


@dataclass(frozen=True)
class TenureKeeper:
    """A few hundred customers a transaction."""

    told_by: frozenset[str] = frozenset(
        t.__tablename__ for t in (Subscription, Invoice, Case, CancelVisit, CustomerFacts)
    )

    def follow(self, db: Database, customer_ids: Collection[str]) -> None:
        """Bring the tenures of these customers in line."""
        wanted = sorted(customer_ids)
        for start in range(0, len(wanted), PAGE):
            with db.write() as session, session.no_autoflush:
                tenures.follow(session, wanted[start : start + PAGE])

    def follow_all(self, db: Database) -> None:
        """Bring the tenures of everybody in line, page by page."""
        after = ""
        while True:
            with db.write() as session, session.no_autoflush:
                page = _customers(session, after)
                tenures.follow(session, page)
            if len(page) < PAGE:
                return
            after = page[-1]


def _customers(session: Session, after: str) -> list[str]:
    query = select(Subscription.customer_id).where(Subscription.customer_id > after).distinct()
    return [c for c in session.scalars(query.order_by(Subscription.customer_id).limit(PAGE)) if c]
