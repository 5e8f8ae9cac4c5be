"""The log of who was written to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigInt


class ContactLog(Base):
    """One mail that left, or may have left. `counted`: it weighs in the spacing of later ones."""

    __tablename__ = "contact_log"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=True)
    customer_id: Mapped[str]
    at: Mapped[datetime]
    channel: Mapped[str]
    name: Mapped[str]
    mail_id: Mapped[str]
    counted: Mapped[bool]

    __table_args__ = (Index("ix_contact_log_customer_id_at", "customer_id", "at"),)
