"""Tables of lapses and of the checkouts of the return page."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigInt, belongs_to, one_of
from app.core.marks import Counted
from app.winback.states import How, LapseKind, LapseState, LeftOut, LifeOutcome, ReturnState

HAS_LOOK = text("look_at is not null")


class Lapse(Counted, Base):
    """A subscription that ended or is ending: what is known of it, what was decided, and the life after it.

    `amount_minor` is the last price of a unit, `received_minor` all that was received from it after refunds.
    `outcome_30` to `_365`: `kept` or `left`, so many days after `full_paid_at`; None: still pending.
    """

    __tablename__ = "lapses"
    counted_on = "ends_at"

    id: Mapped[str] = mapped_column(primary_key=True)  # the subscription's
    customer_id: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    reason: Mapped[str | None]  # of the cancel page, else the provider's word
    missing: Mapped[str | None]  # what they said was missing
    permitted: Mapped[bool | None]  # they wanted to see options when they left
    cancelled_at: Mapped[datetime | None]
    ends_at: Mapped[datetime]  # when it ended, or will
    running: Mapped[bool]  # the paid time is not over
    started_at: Mapped[datetime | None]
    plan: Mapped[str | None]
    price_id: Mapped[str | None]
    product_id: Mapped[str | None]
    amount_minor: Mapped[int | None] = mapped_column(BigInt)
    quantity: Mapped[int | None]
    currency: Mapped[str | None]
    interval: Mapped[str | None]
    interval_count: Mapped[int] = mapped_column(default=1)
    received_minor: Mapped[int] = mapped_column(BigInt, default=0)
    state: Mapped[str] = mapped_column(default=LapseState.WAITING)
    left_out: Mapped[str | None]
    why: Mapped[str | None]  # the sentence
    look_at: Mapped[datetime | None]  # when it is looked at next; None: never again
    looked_at: Mapped[datetime | None]
    case_id: Mapped[str | None] = mapped_column(index=True)
    returned_at: Mapped[datetime | None]
    returned_how: Mapped[str | None]
    returned_subscription_id: Mapped[str | None] = mapped_column(index=True)
    returned_price_minor: Mapped[int | None] = mapped_column(BigInt)  # a period, before discounts and tax
    grant_id: Mapped[str | None]
    full_paid_at: Mapped[datetime | None]
    left_again_at: Mapped[datetime | None]
    outcome_30: Mapped[str | None]
    outcome_60: Mapped[str | None]
    outcome_90: Mapped[str | None]
    outcome_365: Mapped[str | None]
    paid_minor: Mapped[int] = mapped_column(BigInt, default=0)  # received since they returned, after refunds

    __table_args__ = (
        one_of("kind", LapseKind),
        one_of("state", LapseState),
        one_of("left_out", LeftOut),
        one_of("returned_how", How),
        *(one_of(f"outcome_{days}", LifeOutcome) for days in (30, 60, 90, 365)),
        Index("ix_lapses_look_at", "look_at", "id", postgresql_where=HAS_LOOK, sqlite_where=HAS_LOOK),
        Index("ix_lapses_ends_at", "ends_at", "id"),
    )


class ReturnSession(Base):
    """A provider's checkout that the return page minted for one case. Its address is not kept."""

    __tablename__ = "return_sessions"

    id: Mapped[str] = mapped_column(primary_key=True)  # the provider's session id
    case_id: Mapped[str] = mapped_column(belongs_to("cases.id"), index=True)
    customer_id: Mapped[str] = mapped_column(index=True)
    grant_id: Mapped[str | None]
    state: Mapped[str] = mapped_column(default=ReturnState.OPEN)
    created_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    subscription_id: Mapped[str | None] = mapped_column(index=True)  # what it brought

    __table_args__ = (one_of("state", ReturnState),)
