"""The table of late invoices."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigInt, belongs_to, one_of
from app.core.marks import Counted
from app.dunning.states import DebtResult


class DunningInvoice(Counted, Base):
    """One late invoice of a case. An invoice belongs to one case for ever: it never reopens another."""

    __tablename__ = "dunning_invoices"
    counted_on = "failed_at"

    invoice_id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(belongs_to("cases.id"), index=True)
    customer_id: Mapped[str] = mapped_column(index=True)
    currency: Mapped[str]
    at_risk_minor: Mapped[int] = mapped_column(BigInt)
    failed_at: Mapped[datetime]
    first_after_trial: Mapped[bool]
    result: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    paid_minor: Mapped[int] = mapped_column(BigInt, default=0)
    paid_at: Mapped[datetime | None]  # also after the case was lost: late money
    returned_minor: Mapped[int] = mapped_column(BigInt, default=0)  # refunds, and disputes per the rules

    __table_args__ = (one_of("result", DebtResult), Index("ix_dunning_invoices_failed_at", "failed_at"))
