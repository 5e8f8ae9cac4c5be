"""How long content is kept. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field


class RetentionPolicy(BaseModel):
    """`[retention]`, in days of business time.

    `content_days`: raw bodies of processed events, and texts of ordinary mails. Events are listed by the
    provider for 30 days, and a replay needs the body. `legal_days`: texts of confirmations and notices,
    and consents after they have ended; the usual limitation period of three years.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    content_days: int = Field(30, ge=1)
    legal_days: int = Field(3 * 365 + 1, ge=30)

    def content_before(self, now: datetime) -> datetime:
        return now - timedelta(days=self.content_days)

    @property
    def keep_legal_for(self) -> timedelta:
        return timedelta(days=self.legal_days)

    def legal_before(self, now: datetime) -> datetime:
        return now - timedelta(days=self.legal_days)
