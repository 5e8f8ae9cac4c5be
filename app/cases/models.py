"""Tables of cases, steps, the timeline and the provider pages minted for a case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.cases.states import CardSessionState, CaseKind, CaseState, Outcome, StepKind, StepState
from app.core.db import Base, BigInt, belongs_to, one_of
from app.core.marks import Counted

NOT_CLOSED = text("state <> 'closed'")
IS_PLANNED = text("state = 'planned'")
ENDS_BY_ITSELF = text("held_until is not null")


class Case(Counted, Base):
    """One run of a campaign for one customer; at most one of a kind is open per customer and subject."""

    __tablename__ = "cases"
    counted_on = "opened_at"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    customer_id: Mapped[str]
    subject_id: Mapped[str] = mapped_column(default="")  # cancellation: the subscription; else empty
    state: Mapped[str] = mapped_column(default=CaseState.OPEN)
    outcome: Mapped[str | None]
    category: Mapped[str]  # dunning: the decline class
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    held_reason: Mapped[str | None]
    held_until: Mapped[datetime | None]  # then it goes on by itself; None: a person releases it
    policy_version: Mapped[str]
    plan_number: Mapped[int] = mapped_column(default=0)
    contacts: Mapped[int] = mapped_column(default=0)  # counted mails that went, or may have gone
    first_contact_at: Mapped[datetime | None]
    experiment: Mapped[
        str | None
    ]  # the name of the arm's period, as in `assignments`; None: older than these
    experiment_arm: Mapped[str]
    propensity: Mapped[float]
    link_epoch: Mapped[int] = mapped_column(default=0)  # raising it kills every link of the case
    details: Mapped[dict[str, Any]]

    __table_args__ = (
        one_of("kind", CaseKind),
        one_of("state", CaseState),
        one_of("outcome", Outcome),
        Index(
            "uq_cases_open",
            "customer_id",
            "kind",
            "subject_id",
            unique=True,
            postgresql_where=NOT_CLOSED,
            sqlite_where=NOT_CLOSED,
        ),
        Index("ix_cases_customer_id", "customer_id"),
        Index("ix_cases_opened_at", "opened_at", "id"),
        Index("ix_cases_not_closed", "opened_at", "id", postgresql_where=NOT_CLOSED, sqlite_where=NOT_CLOSED),
        Index("ix_cases_kind_opened_at", "kind", "opened_at"),
        Index(
            "ix_cases_held_until", "held_until", postgresql_where=ENDS_BY_ITSELF, sqlite_where=ENDS_BY_ITSELF
        ),
    )


class Step(Base):
    """One planned contact or act of a case; the same key is never planned twice."""

    __tablename__ = "steps"

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(belongs_to("cases.id"))
    key: Mapped[str]  # plan and number, "1:0"; "give_up"
    kind: Mapped[str]
    number: Mapped[int]
    stage: Mapped[str | None]
    state: Mapped[str] = mapped_column(default=StepState.PLANNED)
    due_at: Mapped[datetime]
    planned_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("case_id", "key"),
        one_of("state", StepState),
        one_of("kind", StepKind),
        Index("ix_steps_due", "due_at", "id", postgresql_where=IS_PLANNED, sqlite_where=IS_PLANNED),
    )


class TimelineEntry(Base):
    """One sentence about a case: what happened or was decided, also what was not done and why."""

    __tablename__ = "timeline"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=True)
    case_id: Mapped[str] = mapped_column(belongs_to("cases.id"))
    at: Mapped[datetime]
    code: Mapped[str]
    sentence: Mapped[str]
    data: Mapped[dict[str, Any]]

    __table_args__ = (Index("ix_timeline_case_id_id", "case_id", "id"),)


class CardSession(Base):
    """A provider page that we minted for a case; only a card saved there is set and charged by us."""

    __tablename__ = "card_sessions"

    id: Mapped[str] = mapped_column(primary_key=True)  # the provider's session id
    case_id: Mapped[str] = mapped_column(belongs_to("cases.id"), index=True)
    customer_id: Mapped[str]
    state: Mapped[str] = mapped_column(default=CardSessionState.OPEN)
    created_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    decline: Mapped[dict[str, Any] | None]

    __table_args__ = (one_of("state", CardSessionState),)
