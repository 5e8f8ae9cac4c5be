"""The table of tenures."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base
from app.core.marks import Counted


class TenureRow(Counted, Base):
    """One unbroken time of one customer, made from the provider's rows; see tenures_rules.py."""

    __tablename__ = "tenures"
    counted_on = "began_at"

    customer_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    began_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    involuntary: Mapped[bool]
    reason: Mapped[str | None]
    structural: Mapped[bool | None]
    price_id: Mapped[str | None]
    term: Mapped[str | None]  # month, year, 3 months
    currency: Mapped[str | None]
