"""Shapes of what the API tells about cancellations and offers."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.ops.schemas import Instant, MoneyOut


class _FromRow(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class GrantOut(BaseModel):
    """An offer that was made. `outcome_30`, `_60`, `_90`: `kept` or `left`, null while pending."""

    id: str
    case_id: str
    subscription_id: str
    offer: str
    kind: str
    state: str
    given_by: str
    reason: str | None
    cost: MoneyOut
    terms: dict[str, Any]
    shown_at: Instant
    accepted_at: Instant | None
    applied_at: Instant | None
    ends_at: Instant | None
    full_charge_at: Instant | None
    full_paid_at: Instant | None
    left_at: Instant | None
    failure: str | None
    outcome_30: str | None
    outcome_60: str | None
    outcome_90: str | None


class CancellationOut(BaseModel):
    """One subscription that is being cancelled, or is. `case_id`: the open case; `ends_at`: the scheduled end."""

    subscription_id: str
    case_id: str | None
    ends_at: Instant | None


class ScreenOut(_FromRow):
    """A screen as it was shown; its content is for admin keys, `GET /api/cases/{case}/screens/{id}`."""

    id: str
    number: int
    screen: str
    shown_at: Instant
    sha256: str


class ScreenContentOut(ScreenOut):
    content: str = Field(description="HTML to the letter; show it as text, never as a page of yours")


class VisitOut(_FromRow):
    """One way through the screens. `refused`: the offers that were not made, with every reason."""

    id: str
    number: int
    entry: str
    preset: str
    preset_version: int
    country: str | None
    place_source: str
    locale: str
    screen: str
    reason: str | None
    missing: str | None
    comment: str | None
    permitted: bool | None
    refused: dict[str, list[str]]
    started_at: Instant
    declared_at: Instant | None
    screens: list[ScreenOut]
