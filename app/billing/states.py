"""Our rows of the provider's objects as frozen values: what the pure projection takes and gives.

Field names equal the columns of app/billing/models.py, one to one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

TERMINAL_INVOICE = frozenset({"paid", "void", "deleted"})
"""An invoice never leaves these. `uncollectible` is not among them: it may still be paid."""

TERMINAL_SUBSCRIPTION = frozenset({"canceled", "incomplete_expired"})


@dataclass(frozen=True, slots=True)
class CustomerState:
    id: str
    seen_at: datetime
    seen_live: bool
    email: str | None = None
    name: str | None = None
    phone: str | None = None
    locale: str | None = None
    country: str | None = None
    time_zone: str | None = None
    currency: str | None = None
    default_payment_method_id: str | None = None
    default_source_id: str | None = None
    delinquent: bool = False
    deleted: bool = False
    region: str | None = None
    country_source: str | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionState:
    id: str
    seen_at: datetime
    seen_live: bool
    customer_id: str | None = None
    status: str = ""
    collection_method: str | None = None
    created_at: datetime | None = None
    cancel_at: datetime | None = None
    canceled_at: datetime | None = None
    ended_at: datetime | None = None
    cancellation_reason: str | None = None
    cancellation_feedback: str | None = None
    period_start_at: datetime | None = None
    period_end_at: datetime | None = None
    trial_end_at: datetime | None = None
    default_payment_method_id: str | None = None
    default_source_id: str | None = None
    latest_invoice_id: str | None = None
    paused_collection: bool = False
    pause_resumes_at: datetime | None = None
    pause_reason: str | None = None
    forces_three_d_secure: bool = False
    items: list[Any] | None = None


@dataclass(frozen=True, slots=True)
class InvoiceState:
    """`failed_at` is the first failed attempt we know of; `decline` the newest reason, as a dict of
    app.billing.facts.Decline; `refunded_minor` and `disputed` come from its payments."""

    id: str
    seen_at: datetime
    seen_live: bool
    customer_id: str | None = None
    subscription_id: str | None = None
    status: str = ""
    billing_reason: str | None = None
    collection_method: str | None = None
    currency: str = ""
    amount_due_minor: int = 0
    amount_paid_minor: int = 0
    amount_remaining_minor: int = 0
    attempt_count: int = 0
    auto_advance: bool | None = None
    next_payment_attempt_at: datetime | None = None
    created_at: datetime | None = None
    period_end_at: datetime | None = None
    due_at: datetime | None = None
    paid_at: datetime | None = None
    paid_out_of_band: bool = False
    settled_at: datetime | None = None
    uncollectible_reason: str | None = None
    number: str | None = None
    label: str | None = None
    price_id: str | None = None
    product_id: str | None = None
    hosted_url: str | None = None
    failed_at: datetime | None = None
    last_failed_at: datetime | None = None
    needs_action: bool = False
    decline: dict[str, Any] | None = None
    decline_at: datetime | None = None
    refunded_minor: int = 0
    disputed_at: datetime | None = None
    dispute_status: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentState:
    """A payment intent or a charge without one. `invoice_id` as told, linked, or inferred."""

    id: str
    seen_at: datetime
    seen_live: bool
    customer_id: str | None = None
    invoice_id: str | None = None
    invoice_inferred: bool = False
    charge_id: str | None = None
    status: str = ""
    amount_minor: int = 0
    currency: str = ""
    failed_at: datetime | None = None
    decline: dict[str, Any] | None = None
    refunded_minor: int = 0
    dispute_id: str | None = None
    dispute_status: str | None = None
    disputed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PaymentMethodState:
    id: str
    seen_at: datetime
    seen_live: bool
    customer_id: str | None = None
    type: str = ""
    brand: str | None = None
    last4: str | None = None
    exp_month: int | None = None
    exp_year: int | None = None
    fingerprint: str | None = None
    wallet: str | None = None
    auto_updated_at: datetime | None = None
    billing_country: str | None = None
    billing_region: str | None = None
    card_country: str | None = None


ProviderState = CustomerState | SubscriptionState | InvoiceState | PaymentState | PaymentMethodState
