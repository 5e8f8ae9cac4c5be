"""Whom we have forgotten, and how far the daily forgetting has come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigInt


class ErasedId(Base):
    """A provider's id of an erased person as a keyed hash: what names it later brings nothing back.

    No row leads from here to a pseudonym.
    """

    __tablename__ = "erased_ids"

    id_hash: Mapped[str] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime]


class RetentionMark(Base):
    """How far one class of old content has been swept: events by number, mails by when they were settled."""

    __tablename__ = "retention_marks"

    subject: Mapped[str] = mapped_column(primary_key=True)
    until_id: Mapped[int] = mapped_column(BigInt, default=0)
    until_at: Mapped[datetime | None]
    behind: Mapped[list[Any]]  # events that were unfinished when the sweep passed them
