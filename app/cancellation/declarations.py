"""The table of declarations: a cancellation or withdrawal that somebody has declared, with the time it came in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, one_of

# Literal, as are its uses in queries: a partial index serves only a query that repeats its condition.
WAITING = text("look_at is not null")
TASK_PREFIX = "declaration:"
"""Begins the key of the task about a declaration; its id follows."""


class DeclarationKind(StrEnum):
    CANCELLATION = "cancellation"
    WITHDRAWAL = "withdrawal"


class DeclarationState(StrEnum):
    RECEIVED = "received"  # stored; the worker looks whose it may be
    ASKED = "asked"  # the address on file was asked to confirm
    CONFIRMED = "confirmed"  # the customer has cancelled by the signed link
    DISOWNED = "disowned"  # "this was not me"
    TASK = "task"  # a person sees to it


class Declaration(Base):
    """One declaration. Nothing is cancelled or refunded by it: the signed link, or a person, does that.

    `content` is what was typed, by the names of app/cancellation/rules/statutory.py. `customer_id` and
    `subscription_id` are ours: found by the address or the contract's number, never taken from the form.
    """

    __tablename__ = "declarations"

    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # a contract is withdrawn from once
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default=DeclarationState.RECEIVED)
    received_at: Mapped[datetime]
    look_at: Mapped[datetime | None]  # business time at which the worker looks again
    settled_at: Mapped[datetime | None]
    customer_id: Mapped[str | None] = mapped_column(index=True)
    subscription_id: Mapped[str | None]
    address_hash: Mapped[str | None] = mapped_column(index=True)  # of the address that was typed
    content: Mapped[dict[str, Any]]
    preset: Mapped[str]
    preset_version: Mapped[int]
    locale: Mapped[str]

    __table_args__ = (
        one_of("kind", DeclarationKind),
        one_of("state", DeclarationState),
        Index("ix_declarations_look_at", "look_at", postgresql_where=WAITING, sqlite_where=WAITING),
    )
