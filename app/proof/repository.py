"""Reads of looks, and the claim of the daily one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, func, or_, select, update
from sqlalchemy.orm import Session

from app.cases.models import Case
from app.cases.states import CaseKind
from app.core.gates import Installation
from app.proof.models import Proof

LOOKED_AT = tuple(kind.value for kind in (CaseKind.DUNNING, CaseKind.CANCELLATION, CaseKind.WINBACK))
EVERY = timedelta(days=1)
NEVER_YET = datetime(1970, 1, 1, tzinfo=UTC)

What = tuple[str, str, str]
"""An experiment, its control arm, a currency."""

_LOOKED = select(Installation.proofs_looked_at).where(Installation.id == 1)


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


def any_case(session: Session) -> bool:
    """Whether there is anything to look at."""
    return session.scalar(select(Case.id).where(Case.kind.in_(LOOKED_AT)).limit(1)) is not None


def next_look(session: Session) -> datetime | None:
    """When to look again; None before the first start."""
    row = session.connection().execute(_LOOKED).first()
    if row is None:
        return None
    return row[0] + EVERY if row[0] else NEVER_YET


def claim_look(session: Session, now: datetime) -> bool:
    """Take this day's look for this worker; False if another has it, or it is not time."""
    at = Installation.proofs_looked_at
    statement = (
        update(Installation)
        .where(Installation.id == 1, or_(at.is_(None), at <= now - EVERY))
        .values(proofs_looked_at=now)
        .execution_options(synchronize_session=False)
    )
    return bool(cast(CursorResult[Any], session.execute(statement)).rowcount)
