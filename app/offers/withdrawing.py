"""An offer that rests on a coupon at the provider ends with it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.billing.facts import CouponDeleted
from app.offers.models import LostCoupon
from app.offers.rules.policy import Catalogue
from app.outbox.service import open_task


class Setup(Protocol):
    @property
    def offers(self) -> Catalogue: ...


def coupon_deleted(session: Session, fact: CouponDeleted, setup: Setup, *, now: datetime) -> None:
    """Remember it, and tell a person which offers have ended by it."""
    named = sorted(name for name, offer in setup.offers.items() if offer.coupon == fact.coupon_id)
    if not named or session.get(LostCoupon, fact.coupon_id) is not None:
        return
    session.add(LostCoupon(id=fact.coupon_id, at=fact.at))
    open_task(
        session,
        key=f"coupon:{fact.coupon_id}",
        kind="offer",
        title="Offers have ended, because their coupon was deleted at the payment provider",
        detail=f"{', '.join(named)}: coupon {fact.coupon_id}. Name another one in reclaim.toml, or take them out.",
        now=now,
    )


def lost(session: Session, coupon_ids: Collection[str]) -> set[str]:
    """Which of these coupons were deleted at the provider."""
    if not coupon_ids:
        return set()
    return set(session.scalars(select(LostCoupon.id).where(LostCoupon.id.in_(sorted(coupon_ids)))))
