"""Tables of endpoints and of the messages to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, one_of
from app.hooks.states import EndpointKind, HookState

# Literal, as in its uses: a partial index serves only a query that repeats its condition.
WAITING = text("state in ('queued', 'retry', 'sending')")


class HookEndpoint(Base):
    """One address of the merchant that wants to be told. Times are business time."""

    __tablename__ = "hook_endpoints"

    id: Mapped[str] = mapped_column(primary_key=True)
    url: Mapped[str]  # of a chat only the host: the rest is its secret
    kind: Mapped[str] = mapped_column(default=EndpointKind.STANDARD)
    # Sealed (app/core/sealing.py): signing needs the secret itself, a digest would not do.
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    old_secret: Mapped[bytes | None] = mapped_column(LargeBinary)  # signs along until the time below
    old_secret_until: Mapped[datetime | None]
    events: Mapped[list[Any]]  # types wanted; empty: every one
    enabled: Mapped[bool] = mapped_column(default=True)
    disabled_reason: Mapped[str | None]
    created_at: Mapped[datetime]
    tested_at: Mapped[datetime | None]  # the last ping that was acknowledged
    acknowledged_at: Mapped[datetime | None]  # the last message of any type that was
    failures: Mapped[int] = mapped_column(default=0)  # tries that failed since the last one that did not
    failing_since: Mapped[datetime | None]
    resting_until: Mapped[datetime | None]  # a dead endpoint must not hold up the worker at each message

    __table_args__ = (one_of("kind", EndpointKind),)


class HookMessage(Base):
    """One message to one endpoint. Its id is the `webhook-id` of every try; `body` is what is signed."""

    __tablename__ = "hook_messages"

    id: Mapped[str] = mapped_column(primary_key=True)
    endpoint_id: Mapped[str]  # of an endpoint that may be removed by now
    key: Mapped[str]
    type: Mapped[str]
    customer_id: Mapped[str | None] = mapped_column(index=True)  # None: about nobody in particular
    body: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default=HookState.QUEUED)
    due_at: Mapped[datetime]  # business time
    attempts: Mapped[int] = mapped_column(default=0)
    token: Mapped[str | None]
    leased_until: Mapped[datetime | None]  # real time
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    status: Mapped[int | None]  # of the last answer, if there was one
    error: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("endpoint_id", "key"),  # nothing is told twice
        one_of("state", HookState),
        Index("ix_hook_messages_settled_at", "settled_at"),
        Index("ix_hook_messages_waiting", "due_at", "id", postgresql_where=WAITING, sqlite_where=WAITING),
    )
