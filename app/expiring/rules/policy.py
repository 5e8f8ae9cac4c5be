"""The policy for expiring cards: the `[expiring]` table of reclaim.toml, pinned to each case."""

from __future__ import annotations

from datetime import time
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from app.contacts.rules import SendingHours
from app.expiring.states import BackupRule

LONGEST_LEAD_DAYS = 90


def _falling(days: list[int]) -> list[int]:
    if days != sorted(set(days), reverse=True) or any(not 1 <= d <= LONGEST_LEAD_DAYS for d in days):
        raise ValueError(f"stages must be whole days from {LONGEST_LEAD_DAYS} to 1, falling, none twice")
    return days


Stages = Annotated[list[int], Field(max_length=6), AfterValidator(_falling)]
"""Days before the card's end or the charge; empty: no notice."""


class ExpiringPolicy(BaseModel):
    """Everything that decides a case of this kind. Stored as a version; a case keeps the one it began with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    stages: Stages = [30, 14, 3]
    plans: dict[str, Stages] = {}  # by price id, product id or the plan's name
    spread_days: int = Field(7, ge=1, le=14)
    send_from: time = time(9, 0)
    send_until: time = time(18, 0)
    late_hours: int = Field(24, ge=1, le=168)
    recheck_hours: int = Field(48, ge=1, le=48)
    backup: BackupRule = BackupRule.NAMED

    @model_validator(mode="after")
    def _day_has_hours(self) -> ExpiringPolicy:
        if self.send_from >= self.send_until:
            raise ValueError("send_from must be earlier than send_until")
        return self

    @property
    def hours(self) -> SendingHours:
        return SendingHours(self.send_from, self.send_until)

    @property
    def lead_days(self) -> int:
        """How long before a card's end, or a charge, the first notice may go at the earliest."""
        longest = max((s[0] for s in (self.stages, *self.plans.values()) if s), default=0)
        return longest + self.spread_days
