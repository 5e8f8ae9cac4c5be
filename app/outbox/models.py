"""Tables of what is to leave, and of what a person must do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from app.contacts.states import Stream
from app.core.db import Base, one_of
from app.core.marks import Counted
from app.outbox.states import ActionState, BounceKind, MailPurpose, MailState, TaskState

# Literal, as are their uses in queries: a partial index serves only a query that repeats its condition.
WAITING = text("state in ('queued', 'retry', 'sending')")
IN_DOUBT = text("state = 'unknown'")
COMPLAINED = text("complained_at is not null")


class Deliverable:
    """What a mail and an action share: a unique key, when it is due, who holds it, what became of it."""

    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # case, step, channel, version: nothing is wanted twice
    case_id: Mapped[str | None] = mapped_column(index=True)
    customer_id: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    due_at: Mapped[datetime]  # business time
    attempts: Mapped[int] = mapped_column(default=0)
    token: Mapped[str | None]
    leased_until: Mapped[datetime | None]  # real time
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class Mail(Deliverable, Counted, Base):
    """One mail. `raw` is filled before the wire and is what left, to the byte, but for a DKIM signature.

    `bounced_at`, `complained_at`, `unsubscribed_at`: what came back, and when (app/feedback).
    """

    __tablename__ = "mails"
    counted_on = "settled_at"

    state: Mapped[str] = mapped_column(default=MailState.QUEUED)
    purpose: Mapped[str]
    campaign: Mapped[str | None]  # who wanted it, one of app.contacts.states.Campaign
    stream: Mapped[str] = mapped_column(default=Stream.TRANSACTIONAL)
    step_id: Mapped[str | None]
    context: Mapped[dict[str, Any]]
    locale: Mapped[str]
    to_address: Mapped[str]
    subject: Mapped[str | None]
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    message_id: Mapped[str | None] = mapped_column(index=True)
    provider_id: Mapped[str | None] = mapped_column(index=True)
    withheld: Mapped[str | None]  # shadow or allowlist: decided and recorded, did not leave
    wanted_at: Mapped[datetime | None]  # when it is to leave, where the caps have moved it
    held_since: Mapped[datetime | None]  # the provider's live state cannot be read
    bounced_at: Mapped[datetime | None]
    bounce_kind: Mapped[str | None]
    complained_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]

    __table_args__ = (
        one_of("state", MailState),
        one_of("purpose", MailPurpose),
        one_of("stream", Stream),
        one_of("bounce_kind", BounceKind),
        Index("ix_mails_to_address", "to_address", "created_at"),
        Index("ix_mails_settled_at", "settled_at"),
        Index(
            "ix_mails_complained_at", "complained_at", postgresql_where=COMPLAINED, sqlite_where=COMPLAINED
        ),
        Index("ix_mails_waiting", "due_at", "id", postgresql_where=WAITING, sqlite_where=WAITING),
        Index("ix_mails_unknown", "id", postgresql_where=IN_DOUBT, sqlite_where=IN_DOUBT),
    )


class Action(Deliverable, Base):
    """One change at the provider, carried out at most once under its idempotency key."""

    __tablename__ = "actions"

    state: Mapped[str] = mapped_column(default=ActionState.QUEUED)
    params: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any] | None]
    own_wish: Mapped[bool] = mapped_column(
        default=False
    )  # a customer's own: goes on while campaigns are paused
    first_called_at: Mapped[datetime | None]  # real time: the provider forgets a key after 24 hours

    __table_args__ = (
        one_of("state", ActionState),
        Index("ix_actions_waiting", "due_at", "id", postgresql_where=WAITING, sqlite_where=WAITING),
    )


class Task(Base):
    """Something for a person to do or to know."""

    __tablename__ = "tasks"

    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # one cause makes one task
    kind: Mapped[str]
    case_id: Mapped[str | None] = mapped_column(index=True)
    customer_id: Mapped[str | None] = mapped_column(index=True)
    title: Mapped[str]
    detail: Mapped[str]
    state: Mapped[str] = mapped_column(default=TaskState.OPEN)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None]

    __table_args__ = (one_of("state", TaskState), Index("ix_tasks_state_created_at", "state", "created_at"))
