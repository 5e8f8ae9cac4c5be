"""What the API tells about a case."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from app.ops.leaving_schemas import GrantOut, VisitOut
from app.ops.schemas import Instant, MoneyOut, NextCursor


class _FromRow(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class CaseOut(_FromRow):
    """One case. `class` is the decline class; `contacts` counts the mails that went."""

    id: str
    kind: str
    customer_id: str
    state: str
    outcome: str | None
    decline_class: str = Field(validation_alias="category", serialization_alias="class")
    opened_at: Instant
    closed_at: Instant | None
    held_reason: str | None
    held_until: Instant | None
    policy_version: str
    contacts: int
    first_contact_at: Instant | None
    experiment_arm: str


class CaseList(BaseModel):
    data: list[CaseOut]
    next_cursor: NextCursor


class LateInvoiceOut(BaseModel):
    """One late invoice of the case. `result` null: still owed."""

    invoice_id: str
    number: str | None
    label: str | None
    subscription_id: str | None
    at_risk: MoneyOut
    paid: MoneyOut
    returned: MoneyOut
    failed_at: Instant
    first_after_trial: bool
    result: str | None
    settled_at: Instant | None
    paid_at: Instant | None
    standing: str


class StepOut(_FromRow):
    """One planned contact or act. A skipped one says why in `reason`."""

    id: str
    kind: str
    number: int
    stage: str | None
    state: str
    due_at: Instant
    decided_at: Instant | None
    reason: str | None


class TimelineOut(_FromRow):
    """One sentence about what happened, or about what was not done and why."""

    at: Instant
    code: str
    sentence: str


class MailOut(_FromRow):
    """One mail. `withheld`: decided and recorded, but it did not leave (shadow, allowlist)."""

    id: str
    name: str
    purpose: str
    state: str
    subject: str | None
    to_address: str
    locale: str
    due_at: Instant
    settled_at: Instant | None
    attempts: int
    error: str | None
    withheld: str | None


class ActionOut(_FromRow):
    """One change at the provider."""

    id: str
    name: str
    state: str
    created_at: Instant
    settled_at: Instant | None
    attempts: int
    error: str | None


class CardSessionOut(_FromRow):
    """One visit to the provider's page for a new card."""

    id: str
    state: str
    created_at: Instant
    completed_at: Instant | None


class CaseDetail(BaseModel):
    """A case with everything that hangs on it: why this mail went, and why that one did not."""

    case: CaseOut
    invoices: list[LateInvoiceOut]
    steps: list[StepOut]
    timeline: list[TimelineOut]
    mails: list[MailOut]
    actions: list[ActionOut]
    card_sessions: list[CardSessionOut]
    visits: list[VisitOut] = Field(description="to the cancel page; of cancellations only")
    grants: list[GrantOut] = Field(description="offers that were made; of cancellations only")
