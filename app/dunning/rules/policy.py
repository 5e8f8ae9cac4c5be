"""The dunning policy: the `[dunning]` and `[provider]` tables of reclaim.toml, pinned to each case."""

from __future__ import annotations

from datetime import time
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from app.contacts.rules import SendingHours

Days = Annotated[list[int], Field(max_length=12)]


class EndAction(StrEnum):
    """What the provider does when its retries are used up."""

    CANCEL = "cancel"
    UNPAID = "unpaid"
    PAST_DUE = "past_due"  # nothing: the subscription stays past due


class Schedules(BaseModel):
    """Mails on these days after the case's start, by decline class."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hard: Days = [0, 3, 7, 14]
    card_data: Days = [0, 3, 7, 14]
    action: Days = [0, 1, 3, 7]
    soft_funds: Days = [5, 10, 20]
    soft_generic: Days = [5, 10, 20]
    consent_gone: Days = [0]

    @field_validator("*")
    @classmethod
    def _rising(cls, days: list[int]) -> list[int]:
        if days != sorted(set(days)) or any(d < 0 for d in days):
            raise ValueError("days must be whole numbers from 0, rising, none twice")
        return days


class ProviderBehaviour(BaseModel):
    """How the payment provider is set up: Reclaim cannot read these settings and must be told."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    retry_window_days: int = Field(14, ge=1, le=62)
    end_action: EndAction = EndAction.CANCEL
    access_while_past_due: bool = True


class DunningPolicy(BaseModel):
    """Everything that decides a dunning case. Stored as a version; a case keeps the one it began with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schedules: Schedules = Schedules()
    provider: ProviderBehaviour = ProviderBehaviour()
    send_from: time = time(9, 0)
    send_until: time = time(18, 0)
    warn_days: int = Field(3, ge=0, le=14)
    spacing_hours: int = Field(20, ge=0, le=168)
    late_hours: int = Field(24, ge=1, le=168)
    give_up_days: int = Field(28, ge=1, le=90)
    charge_on_card_change: bool = False
    pay_older_invoices: bool = False

    @model_validator(mode="after")
    def _day_has_hours(self) -> DunningPolicy:
        if self.send_from >= self.send_until:
            raise ValueError("send_from must be earlier than send_until")
        return self

    @property
    def hours(self) -> SendingHours:
        return SendingHours(self.send_from, self.send_until)
