"""The brake of a campaign."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class CampaignBrake(Base):
    """Whether a campaign draws too many complaints. `stopped_at`: its mails wait until an operator resumes it.

    `counting_from`: what was before it counts no more, because a person has looked at it.
    """

    __tablename__ = "campaign_brakes"

    campaign: Mapped[str] = mapped_column(primary_key=True)
    stopped_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    counting_from: Mapped[datetime | None]
