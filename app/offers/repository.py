"""Reads of grants and entitlements."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, or_, select
from sqlalchemy.orm import Session

from app.core.waiting import waiting
from app.offers.models import HAS_LOOK, Entitlement, Grant
from app.offers.rules.eligibility import Earlier
from app.offers.states import ACCEPTED_ONCE, GrantState, OfferKind
from app.outbox.models import Action

RUNNING = (GrantState.ACCEPTED, GrantState.APPLIED)


def get(session: Session, grant_id: str | None, *, lock: bool = False) -> Grant | None:
    if grant_id is None:
        return None
    query = select(Grant).where(Grant.id == grant_id)
    return session.scalar(
        query.with_for_update().execution_options(populate_existing=True) if lock else query
    )


def action_of(session: Session, grant_id: str) -> Action | None:
    """The change at the provider that a grant has asked for."""
    return session.scalar(select(Action).where(Action.key == f"{grant_id}:apply"))


def of_case(session: Session, case_id: str) -> list[Grant]:
    return list(
        session.scalars(select(Grant).where(Grant.case_id == case_id).order_by(Grant.shown_at, Grant.id))
    )


def of_customers(session: Session, customer_ids: Collection[str]) -> list[Grant]:
    query = select(Grant).where(Grant.customer_id.in_(sorted(customer_ids)))
    return list(session.scalars(query.order_by(Grant.shown_at, Grant.id)))


def running_of(session: Session, customer_ids: Collection[str]) -> list[Grant]:
    """Grants that are accepted or applied and not yet settled, of these customers."""
    query = select(Grant).where(Grant.customer_id.in_(sorted(customer_ids)), Grant.state.in_(RUNNING))
    return list(session.scalars(query.order_by(Grant.shown_at, Grant.id).with_for_update()))


def earlier(
    session: Session, customer_ids: Collection[str], address_hash: str | None, *, besides: str | None = None
) -> list[Earlier]:
    """What the same person took before, by their customers and their address."""
    same: list[ColumnElement[bool]] = [Grant.customer_id.in_(sorted(customer_ids))]
    if address_hash is not None:
        same.append(Grant.address_hash == address_hash)
    query = select(Grant).where(or_(*same), Grant.state.in_([s.value for s in ACCEPTED_ONCE]))
    return [
        Earlier(g.offer, OfferKind(g.kind), g.accepted_at or g.shown_at, g.cost_minor)
        for g in session.scalars(query)
        if g.id != besides
    ]


_DUE = (
    select(Grant.id)
    .where(HAS_LOOK, Grant.look_at <= bindparam("now"))
    .order_by(Grant.look_at, Grant.id)
    .limit(bindparam("limit"))
)


def due_ids(session: Session, now: datetime, limit: int) -> list[str]:
    """Grants that want a look, longest due first."""
    return list(session.connection().execute(_DUE, {"now": now, "limit": limit}).scalars())


LOOKS = waiting(Grant.look_at, HAS_LOOK)


def entitlements_of(session: Session, customer_ids: Collection[str]) -> list[Entitlement]:
    """Acknowledged or not, the entitlements of these customers that were not ended."""
    query = select(Entitlement).where(
        Entitlement.customer_id.in_(sorted(customer_ids)), Entitlement.ended_at.is_(None)
    )
    return list(session.scalars(query))


def entitlement_of(session: Session, grant_id: str) -> Entitlement | None:
    return session.scalar(select(Entitlement).where(Entitlement.grant_id == grant_id))
