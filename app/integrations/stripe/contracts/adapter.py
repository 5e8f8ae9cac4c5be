"""The provider's side of offers and cancellations: what the port asks for, each noun in its own file."""

from __future__ import annotations

from datetime import datetime

from app.core.money import Money
from app.integrations.stripe.client import StripeConnection
from app.integrations.stripe.contracts import (
    changing,
    crediting,
    discounts,
    ending,
    previewing,
    pricing,
    upgrading,
)
from app.integrations.stripe.contracts.live import LiveContracts
from app.offers.rules.contract import Contract, CouponTerms, Preview, Price


class StripeContracts:
    """Implements `app.offers.ports.ProviderContracts`."""

    def __init__(self, connection: StripeConnection) -> None:
        self._live = LiveContracts(connection)

    def contract(self, subscription_id: str) -> Contract | None:
        live = self._live.find(subscription_id)
        return live.contract if live is not None else None

    def preview(self, subscription_id: str, coupon: CouponTerms | None = None) -> Preview | None:
        return previewing.preview(self._live, subscription_id, coupon)

    def price(self, price_id: str) -> Price | None:
        return pricing.price(self._live, price_id)

    def add_discount(self, subscription_id: str, coupon: CouponTerms, key: str) -> Contract:
        return discounts.add_discount(self._live, subscription_id, coupon, key)

    def add_credit(
        self, contract: Contract, amount: Money, *, grant_id: str, description: str, key: str
    ) -> str:
        return crediting.add_credit(
            self._live, contract, amount, grant_id=grant_id, description=description, key=key
        )

    def pause(self, subscription_id: str, resumes_at: datetime, key: str) -> Contract:
        return changing.pause(self._live, subscription_id, resumes_at, key)

    def end_pause(self, subscription_id: str, key: str) -> Contract:
        return changing.end_pause(self._live, subscription_id, key)

    def switch_price(self, subscription_id: str, item_id: str, price_id: str, key: str) -> Contract:
        return changing.switch_price(self._live, subscription_id, item_id, price_id, key)

    def extend_trial(self, subscription_id: str, until: datetime, key: str) -> Contract:
        return changing.extend_trial(self._live, subscription_id, until, key)

    def upgrade_by_schedule(
        self, subscription_id: str, price_id: str, *, months: int, grant_id: str, key: str
    ) -> Contract:
        return upgrading.upgrade_by_schedule(
            self._live, subscription_id, price_id, months=months, grant_id=grant_id, key=key
        )

    def drop_upgrade(self, subscription_id: str, *, grant_id: str, key: str) -> Contract:
        return upgrading.drop_upgrade(self._live, subscription_id, grant_id=grant_id, key=key)

    def cancel_at_period_end(
        self, subscription_id: str, *, feedback: str | None, metadata: dict[str, str], key: str
    ) -> Contract:
        return ending.cancel_at_period_end(
            self._live, subscription_id, feedback=feedback, metadata=metadata, key=key
        )

    def cancel_now(
        self,
        subscription_id: str,
        *,
        feedback: str | None,
        metadata: dict[str, str],
        void_open: bool,
        key: str,
    ) -> Contract:
        return ending.cancel_now(
            self._live, subscription_id, feedback=feedback, metadata=metadata, void_open=void_open, key=key
        )

    def keep(self, subscription_id: str, key: str) -> Contract:
        return ending.keep(self._live, subscription_id, key)
