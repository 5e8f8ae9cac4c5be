"""What the way back needs of the provider. Bootstrap injects the adapter."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.billing.ports import ProviderPage
from app.offers.rules.contract import CouponTerms, Price


@dataclass(frozen=True, slots=True)
class Plan:
    """A price as it is now. `name`: what customers call it; `price.active` False: nobody new can buy it."""

    price: Price
    name: str | None
    product_id: str | None = None


@dataclass(frozen=True, slots=True)
class Checkout:
    """A page to be opened, on which one customer subscribes again.

    `back_url`: where they land afterwards, with `{SESSION}` in the place of the page's id. `cancel_url`: where
    they land if they turn back. `expires_at`, 30 minutes to 24 hours from now, ends page and discount alike.
    """

    customer_id: str
    price_id: str
    case_id: str
    back_url: str
    cancel_url: str
    expires_at: datetime
    quantity: int = 1
    coupon: CouponTerms | None = None
    grant_id: str | None = None


class ProviderReturns(Protocol):
    """Every method may raise ProviderError (`permanent`: the provider refused for good)."""

    def prices(self, price_ids: Collection[str]) -> dict[str, Plan]:
        """These prices by id; absent where there is none."""
        ...

    def start_checkout(self, wanted: Checkout, key: str) -> ProviderPage:
        """A page with a discount that this customer alone can redeem, and once; the same one under the same key."""
        ...

    def open_page(self, session_id: str) -> ProviderPage | None:
        """The page of that id, if it can still be used."""
        ...

    def expire_checkout(self, session_id: str) -> str:
        """Close a page. What it is afterwards: `expired`, `complete` (too late), or `gone`."""
        ...
