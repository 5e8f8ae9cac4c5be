"""Reads of looks, and the claim of the daily one."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cases.models import Case
from app.core.recurring import Recurring
from app.proof.gathering.drawn import EXPERIMENTS
from app.proof.models import Proof

LOOK = Recurring("proofs_looked_at")

What = tuple[str, str, str]
"""An experiment, its control arm, a currency."""


def newest(session: Session, currency: str | None = None) -> dict[What, Proof]:
    """The newest look at each experiment, control arm and currency."""
    last = select(func.max(Proof.id)).group_by(Proof.experiment, Proof.control, Proof.currency)
    query = select(Proof).where(Proof.id.in_(last))
    if currency is not None:
        query = query.where(Proof.currency == currency)
    ordered = query.order_by(Proof.experiment, Proof.control, Proof.currency)
    return {(row.experiment, row.control, row.currency): row for row in session.scalars(ordered)}


def looks(session: Session, what: What) -> list[Proof]:
    """Every look, the oldest first."""
    experiment, control, currency = what
    query = select(Proof).where(
        Proof.experiment == experiment, Proof.control == control, Proof.currency == currency
    )
    return list(session.scalars(query.order_by(Proof.id)))


_ANY_CASE = select(Case.id).where(Case.kind.in_([kind.value for kind in EXPERIMENTS])).limit(1)


def any_case(session: Session) -> bool:
    """Whether there is anything to look at."""
    return session.connection().execute(_ANY_CASE).first() is not None
