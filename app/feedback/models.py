"""The brake of a campaign, and what became of answers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigInt, one_of
from app.feedback.states import AnswerResult


class CampaignBrake(Base):
    """Whether a campaign draws too many complaints. `stopped_at`: its mails wait until an operator resumes it.

    `counting_from`: what was before it counts no more, because a person has looked at it.
    """

    __tablename__ = "campaign_brakes"

    campaign: Mapped[str] = mapped_column(primary_key=True)
    stopped_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    counting_from: Mapped[datetime | None]


class MailAnswer(Base):
    """A mail that came in, and what became of it. Neither its words nor its sender's address are here."""

    __tablename__ = "mail_answers"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    source: Mapped[str]
    result: Mapped[str]
    detail: Mapped[str]  # words of ours
    customer_id: Mapped[str | None] = mapped_column(index=True)
    mail_id: Mapped[str | None]  # the mail of ours that it answers

    __table_args__ = (one_of("result", AnswerResult),)
