"""The `[contacts]` table of reclaim.toml: caps, hours and days over all campaigns, and where consent is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.contacts.rules.caps import Caps
from app.contacts.rules.hours import SendingHours
from app.contacts.states import Purpose

Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Weekday(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class ContactPolicy(BaseModel):
    """How often, when, and with whose permission. It holds for all campaigns together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    send_from: time = time(9, 0)
    send_until: time = time(18, 0)
    marketing_days: list[Weekday] = Field(list(Weekday)[:5], min_length=1)
    spacing_hours: int = Field(20, ge=0, le=168)
    per_week: int = Field(3, ge=1, le=50, description="counted contacts in any 7 days")
    per_episode: int = Field(6, ge=1, le=50, description="counted contacts of one case")
    opt_out_countries: list[Country] = ["US"]
    consent_max_age_days: int = Field(730, ge=1, le=3650)
    no_old_suppressions: bool = False
    not_ready_days: int = Field(
        14, ge=1, le=90, description="marketing waits so long for what the merchant must set"
    )
    reply_hold_days: int = Field(7, ge=1, le=90, description="so long a customer's answer holds their cases")

    @model_validator(mode="after")
    def _day_has_hours(self) -> ContactPolicy:
        if self.send_from >= self.send_until:
            raise ValueError("send_from must be earlier than send_until")
        return self

    @property
    def caps(self) -> Caps:
        return Caps(timedelta(hours=self.spacing_hours), timedelta(days=7), self.per_week, self.per_episode)

    def hours(self, purpose: Purpose) -> SendingHours:
        """When mails of this purpose leave: marketing on its own days, all else every day."""
        if purpose != Purpose.MARKETING:
            return SendingHours(self.send_from, self.send_until)
        days = frozenset(list(Weekday).index(day) for day in self.marketing_days)
        return SendingHours(self.send_from, self.send_until, days)


@dataclass(frozen=True, slots=True)
class Terms:
    """What contacts are configured with: the policy, the defaults, and whether a postal address is set."""

    policy: ContactPolicy = field(default_factory=ContactPolicy)
    default_zone: str = "UTC"
    default_locale: str = "en"
    postal_address: bool = False
