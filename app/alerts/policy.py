"""From what amount on a late payment is worth an alert. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.core.money import Money

Currency = Annotated[str, Field(pattern=r"^[a-z]{3}$")]


class AlertPolicy(BaseModel):
    """`[alerts]`. `high_value_minor`: minor units by currency; a currency that is missing is never high."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    high_value_minor: dict[Currency, Annotated[int, Field(gt=0)]] = {}

    def is_high(self, amounts: Sequence[Money]) -> bool:
        """Whether one of these sums, each of its own currency, is worth an alert."""
        return any(
            m.amount_minor >= self.high_value_minor[m.currency]
            for m in amounts
            if m.currency in self.high_value_minor
        )
