"""Tables of grants, budgets and entitlements."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, BigInt, one_of
from app.core.marks import Counted
from app.offers.states import GrantState, OfferKind

IS_ACCEPTED = text("state = 'accepted'")
HAS_LOOK = text("look_at is not null")


class Grant(Counted, Base):
    """One offer made to one customer, with the terms that were shown, and its outcome.

    `outcome_30`, `_60`, `_90`: `kept` or `left`, so many days after `full_paid_at`; None: still pending.
    """

    __tablename__ = "grants"
    counted_on = "shown_at"

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(index=True)
    customer_id: Mapped[str] = mapped_column(index=True)
    subscription_id: Mapped[str] = mapped_column(index=True)
    address_hash: Mapped[str | None] = mapped_column(index=True)  # one person, over customers
    offer: Mapped[str]
    offer_version: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default=GrantState.SHOWN)
    arm: Mapped[str]
    reason: Mapped[str | None]  # the reason that it answers
    preset: Mapped[str | None]
    given_by: Mapped[str]  # "page", or the operator's name
    terms: Mapped[dict[str, Any]]
    currency: Mapped[str]
    cost_minor: Mapped[int] = mapped_column(BigInt)
    booked_month: Mapped[str | None]  # "2026-11": which month's budget bears it
    shown_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    ends_at: Mapped[datetime | None]  # of the benefit
    full_charge_at: Mapped[datetime | None]  # when the first full-price charge is expected
    announced_at: Mapped[datetime | None]  # the notice of its end was queued
    full_paid_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    outcome_30: Mapped[str | None]
    outcome_60: Mapped[str | None]
    outcome_90: Mapped[str | None]
    paid_minor: Mapped[int] = mapped_column(BigInt, default=0)  # received since it was applied
    look_at: Mapped[datetime | None]  # when a worker looks at it next

    __table_args__ = (
        one_of("state", GrantState),
        one_of("kind", OfferKind),
        Index(
            "uq_grants_accepted",
            "subscription_id",
            unique=True,
            postgresql_where=IS_ACCEPTED,
            sqlite_where=IS_ACCEPTED,
        ),
        Index("ix_grants_look_at", "look_at", "id", postgresql_where=HAS_LOOK, sqlite_where=HAS_LOOK),
        Index("ix_grants_shown_at", "shown_at"),
    )


class OfferBudget(Base):
    """What has been booked for an offer in a month."""

    __tablename__ = "offer_budgets"

    offer: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)  # "2026-11", UTC
    currency: Mapped[str] = mapped_column(primary_key=True)
    booked_minor: Mapped[int] = mapped_column(BigInt, default=0)
    grants: Mapped[int] = mapped_column(default=0)


class Entitlement(Base):
    """A plan that a customer may use until a day without paying for it."""

    __tablename__ = "entitlements"

    id: Mapped[str] = mapped_column(primary_key=True)
    grant_id: Mapped[str] = mapped_column(unique=True)
    customer_id: Mapped[str] = mapped_column(index=True)
    subscription_id: Mapped[str] = mapped_column(index=True)
    price_id: Mapped[str]
    plan_name: Mapped[str]
    from_at: Mapped[datetime]
    until_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]  # the merchant's backend has taken note
    ended_at: Mapped[datetime | None]


class LostCoupon(Base):
    """A coupon that an offer rests on, and that was deleted at the provider."""

    __tablename__ = "lost_coupons"

    id: Mapped[str] = mapped_column(primary_key=True)  # the provider's
    at: Mapped[datetime]
