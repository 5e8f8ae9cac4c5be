"""Shapes of what the API tells about writing to a customer."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from app.contacts.states import Channel, Flag
from app.ops.schemas import Instant


class SuppressionOut(BaseModel):
    """The address must not be written to. `stands` is false once it is lifted or has expired."""

    scope: str
    reason: str
    source: str
    since: Instant
    expires_at: Instant | None
    lifted_at: Instant | None
    stands: bool


class ConsentOut(BaseModel):
    """A permission for marketing with its proof."""

    model_config = ConfigDict(from_attributes=True)

    basis: str
    source: str
    proof: str
    wording: str | None
    given_at: Instant
    withdrawn_at: Instant | None


class AddresseeOut(BaseModel):
    """A second person, who gets the reminders as well."""

    model_config = ConfigDict(from_attributes=True)

    role: str
    email: str
    name: str | None
    language: str | None


class ContactOut(BaseModel):
    """A contact that was made, or may have been."""

    model_config = ConfigDict(from_attributes=True)

    at: Instant
    channel: str
    name: str
    campaign: str | None
    case_id: str | None
    mail_id: str
    counted: bool


class SourcedOut(BaseModel):
    """A value and where we have it from: facts, provider, country or default."""

    value: str
    source: str


class CapsOut(BaseModel):
    """What the caps over all campaigns still allow."""

    left_in_7_days: int
    free_at: Instant


class VerdictOut(BaseModel):
    """What the rules say now. `wait`: not before `until`; `ask`: a person is asked instead."""

    decision: Literal["go", "wait", "skip", "ask"]
    ground: str | None
    why: str | None
    until: Instant | None


class CampaignVerdictOut(VerdictOut):
    campaign: str


class NextMailOut(VerdictOut):
    """The next mail that is planned or queued, and what the rules would say when it is due."""

    case_id: str
    campaign: str
    due_at: Instant
    held: str | None


class ContactRulesOut(BaseModel):
    """Everything that decides whether this customer is written to."""

    flags: list[Flag]
    closed_channels: list[Channel]
    time_zone: SourcedOut
    language: SourcedOut
    suppressions: list[SuppressionOut]
    consents: list[ConsentOut]
    addressees: list[AddresseeOut]
    last_contacts: list[ContactOut]
    caps: CapsOut
    campaigns: list[CampaignVerdictOut]
    next_mail: NextMailOut | None
