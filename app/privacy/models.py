"""Whom we have forgotten, what the law has us keep of them, and how far the daily forgetting has come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary
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


class RestrictedRecord(Base):
    """What the law has us keep of somebody who was erased: sealed, shown to nobody in passing, then deleted.

    It is found by the keyed hash of the customer's id or of the address, and by nothing else.
    """

    __tablename__ = "restricted_records"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]  # one of RestrictedKind
    customer_hash: Mapped[str] = mapped_column(index=True)
    address_hash: Mapped[str | None] = mapped_column(index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # JSON: the table and the row as it was
    sealed_with: Mapped[str]  # which key; told by Sealer.name
    made_at: Mapped[datetime]  # when what it proves was said
    restricted_at: Mapped[datetime]
    keep_until: Mapped[datetime] = mapped_column(index=True)
