"""Tables of visits to the cancel page and of what was shown there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.cancellation.states import Screen
from app.core.db import Base, belongs_to, one_of
from app.core.marks import Counted


class CancelVisit(Counted, Base):
    """One way through the screens, by the customer or by staff on their word."""

    __tablename__ = "cancel_visits"
    counted_on = "started_at"

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(belongs_to("cases.id"), index=True)
    number: Mapped[int]  # within the case, from 1
    customer_id: Mapped[str] = mapped_column(index=True)
    subscription_id: Mapped[str]
    entry: Mapped[str]  # "page", "form", or the operator's name
    preset: Mapped[str]
    preset_version: Mapped[int]
    country: Mapped[str | None]
    place_source: Mapped[str]  # where the country is known from
    locale: Mapped[str]
    screen: Mapped[str]
    reason: Mapped[str | None]
    missing: Mapped[str | None]  # the follow-up: what they miss
    comment: Mapped[str | None]
    permitted: Mapped[bool | None]  # the answer to "may we show you options?"
    grant_id: Mapped[str | None]
    offers_shown: Mapped[int] = mapped_column(default=0)
    refused: Mapped[dict[str, Any]]  # offers that were not made, with the reasons
    started_at: Mapped[datetime]
    declared_at: Mapped[datetime | None]  # the cancel button was pressed

    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        one_of("screen", Screen),
        Index("ix_cancel_visits_started_at", "started_at"),
    )


class CancelScreen(Base):
    """A screen as it was shown, to the letter."""

    __tablename__ = "cancel_screens"

    id: Mapped[str] = mapped_column(primary_key=True)
    visit_id: Mapped[str] = mapped_column(belongs_to("cancel_visits.id"))
    customer_id: Mapped[str] = mapped_column(index=True)
    number: Mapped[int]
    screen: Mapped[str]
    shown_at: Mapped[datetime]
    sha256: Mapped[str]
    content: Mapped[str]

    __table_args__ = (UniqueConstraint("visit_id", "number"), one_of("screen", Screen))
