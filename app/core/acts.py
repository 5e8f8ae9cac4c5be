"""What operators did: who, what, to whom, why, before and after. Rows are only ever added."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.db import Base, BigInt


class OperatorAct(Base):
    """One act of a person or of the merchant's backend."""

    __tablename__ = "operator_acts"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    who: Mapped[str]  # the API key's name, or "command line"
    act: Mapped[str]  # "facts.put", "contacts.import" ...
    subject: Mapped[str | None]  # the customer or case it was done to
    why: Mapped[str | None]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]

    __table_args__ = (Index("ix_operator_acts_subject_id", "subject", "id"),)


def record(
    session: Session,
    act: str,
    *,
    who: str,
    now: datetime,
    subject: str | None = None,
    why: str | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Add one act. `before` and `after` hold what changed, in plain JSON."""
    session.add(
        OperatorAct(
            at=now, who=who, act=act, subject=subject, why=why, before=before or {}, after=after or {}
        )
    )
