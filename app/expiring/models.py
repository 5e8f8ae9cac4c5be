"""The register of what a plain rule would have sent: what the report compares with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, one_of
from app.expiring.states import LeftOut, NoticeResult

NOTICE = "card_expiring"
"""The template of every notice."""

# A literal, as is its use in queries: a partial index serves only a query that repeats its condition.
PENDING = text("result = 'pending'")


class ExpiryNotice(Base):
    """A notice that a plain rule would send about one card, and what we did in its place.

    Written when a card comes near its end, decided on the day; names no customer.
    """

    __tablename__ = "expiry_notices"

    payment_method_id: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)  # of the card's end, "2026-06"
    days: Mapped[int] = mapped_column(primary_key=True)  # so many before the end
    plain_at: Mapped[datetime]
    result: Mapped[str] = mapped_column(default=NoticeResult.PENDING)
    reason: Mapped[str | None]  # why it was left out
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        one_of("result", NoticeResult),
        one_of("reason", LeftOut),
        Index("ix_expiry_notices_plain_at", "plain_at"),
        Index("ix_expiry_notices_pending", "plain_at", postgresql_where=PENDING, sqlite_where=PENDING),
    )
