"""Tables of the provider's objects. Columns equal the fields of app/billing/states.py, one to one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigInt

IS_CYCLE = text("billing_reason = 'subscription_cycle'")
HAS_ENDED = text("status = 'canceled'")


class _Seen:
    id: Mapped[str] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]
    seen_live: Mapped[bool]


class Customer(_Seen, Base):
    __tablename__ = "customers"

    email: Mapped[str | None]
    name: Mapped[str | None]
    phone: Mapped[str | None]
    locale: Mapped[str | None]
    country: Mapped[str | None]
    time_zone: Mapped[str | None]
    currency: Mapped[str | None]
    default_payment_method_id: Mapped[str | None]
    default_source_id: Mapped[str | None]
    delinquent: Mapped[bool]
    deleted: Mapped[bool]
    region: Mapped[str | None]
    country_source: Mapped[str | None]

    __table_args__ = (Index("ix_customers_address", text("lower(email)")),)


class Subscription(_Seen, Base):
    __tablename__ = "subscriptions"

    customer_id: Mapped[str | None] = mapped_column(index=True)
    status: Mapped[str]
    collection_method: Mapped[str | None]
    created_at: Mapped[datetime | None]
    cancel_at: Mapped[datetime | None]
    canceled_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    cancellation_reason: Mapped[str | None]
    cancellation_feedback: Mapped[str | None]
    period_start_at: Mapped[datetime | None]
    period_end_at: Mapped[datetime | None]
    trial_end_at: Mapped[datetime | None]
    default_payment_method_id: Mapped[str | None]
    default_source_id: Mapped[str | None]
    latest_invoice_id: Mapped[str | None]
    paused_collection: Mapped[bool]
    pause_resumes_at: Mapped[datetime | None]
    pause_reason: Mapped[str | None]
    forces_three_d_secure: Mapped[bool]
    items: Mapped[list[Any] | None]

    __table_args__ = (
        Index(
            "ix_subscriptions_last_terms", "period_end_at", postgresql_where=HAS_ENDED, sqlite_where=HAS_ENDED
        ),
    )


class Invoice(_Seen, Base):
    __tablename__ = "invoices"
    counted_on = "created_at"

    customer_id: Mapped[str | None] = mapped_column(index=True)
    subscription_id: Mapped[str | None]
    status: Mapped[str]
    billing_reason: Mapped[str | None]
    collection_method: Mapped[str | None]
    currency: Mapped[str]
    amount_due_minor: Mapped[int] = mapped_column(BigInt)
    amount_paid_minor: Mapped[int] = mapped_column(BigInt)
    amount_remaining_minor: Mapped[int] = mapped_column(BigInt)
    attempt_count: Mapped[int]
    auto_advance: Mapped[bool | None]
    next_payment_attempt_at: Mapped[datetime | None]
    created_at: Mapped[datetime | None]
    period_end_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    paid_out_of_band: Mapped[bool]
    settled_at: Mapped[datetime | None]
    uncollectible_reason: Mapped[str | None]
    number: Mapped[str | None]
    label: Mapped[str | None]
    price_id: Mapped[str | None]
    product_id: Mapped[str | None]
    hosted_url: Mapped[str | None]
    failed_at: Mapped[datetime | None]
    last_failed_at: Mapped[datetime | None]
    needs_action: Mapped[bool]
    decline: Mapped[dict[str, Any] | None]
    decline_at: Mapped[datetime | None]
    refunded_minor: Mapped[int] = mapped_column(BigInt)
    disputed_at: Mapped[datetime | None]
    dispute_status: Mapped[str | None]

    __table_args__ = (
        Index("ix_invoices_status_failed_at", "status", "failed_at"),
        Index("ix_invoices_cycles", "created_at", postgresql_where=IS_CYCLE, sqlite_where=IS_CYCLE),
    )


class Payment(_Seen, Base):
    __tablename__ = "payments"

    customer_id: Mapped[str | None] = mapped_column(index=True)
    invoice_id: Mapped[str | None] = mapped_column(index=True)
    invoice_inferred: Mapped[bool]
    charge_id: Mapped[str | None] = mapped_column(index=True)
    status: Mapped[str]
    amount_minor: Mapped[int] = mapped_column(BigInt)
    currency: Mapped[str]
    failed_at: Mapped[datetime | None]
    decline: Mapped[dict[str, Any] | None]
    refunded_minor: Mapped[int] = mapped_column(BigInt)
    dispute_id: Mapped[str | None]
    dispute_status: Mapped[str | None]
    disputed_at: Mapped[datetime | None]


class PaymentMethod(_Seen, Base):
    __tablename__ = "payment_methods"

    customer_id: Mapped[str | None] = mapped_column(index=True)
    type: Mapped[str]
    brand: Mapped[str | None]
    last4: Mapped[str | None]
    exp_month: Mapped[int | None]
    exp_year: Mapped[int | None]
    fingerprint: Mapped[str | None] = mapped_column(index=True)  # who shares it is one person
    wallet: Mapped[str | None]
    auto_updated_at: Mapped[datetime | None]
    billing_country: Mapped[str | None]
    billing_region: Mapped[str | None]
    card_country: Mapped[str | None]

    __table_args__ = (Index("ix_payment_methods_expiry", "exp_year", "exp_month", "id"),)
