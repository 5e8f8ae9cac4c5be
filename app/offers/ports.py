"""What offers and cancellations need of the provider. Bootstrap injects the adapter."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from app.core.money import Money
from app.offers.rules.contract import Contract, CouponTerms, Preview, Price


class ProviderContracts(Protocol):
    """Live contracts and their changes.

    Every method may raise ProviderError (`permanent`: the provider refused for good). Every change takes our
    idempotency key, is safe to repeat under it, and answers the contract as it is read back afterwards.
    """

    def contract(self, subscription_id: str) -> Contract | None:
        """The subscription with its discounts and schedule; None if there is none."""
        ...

    def preview(self, subscription_id: str, coupon: CouponTerms | None = None) -> Preview | None:
        """The next renewal, as if the discount were added to those in force; None if nothing is to come.

        A coupon that does not exist yet is previewed by its terms (the provider's preview takes no unmade coupon:
        the adapter applies the terms to the provider's own plain preview, tax in the same proportion).
        """
        ...

    def price(self, price_id: str) -> Price | None:
        """A price as it is now; None if there is none."""
        ...

    def add_discount(self, subscription_id: str, coupon: CouponTerms, key: str) -> Contract:
        """Make the coupon (once redeemable) and add it to the discounts in force, also clearing a scheduled end."""
        ...

    def add_credit(
        self, contract: Contract, amount: Money, *, grant_id: str, description: str, key: str
    ) -> str:
        """Credit on the customer's balance (`amount` positive); answers the transaction's id.

        Also clears a scheduled end. Looks for a transaction with the same grant id first.
        """
        ...

    def pause(self, subscription_id: str, resumes_at: datetime, key: str) -> Contract:
        """Pause collection, invoices void, until an instant; clears a scheduled end."""
        ...

    def end_pause(self, subscription_id: str, key: str) -> Contract: ...

    def switch_price(self, subscription_id: str, item_id: str, price_id: str, key: str) -> Contract:
        """Another price from now on, charged from the next renewal: neither charge nor credit now."""
        ...

    def extend_trial(self, subscription_id: str, until: datetime, key: str) -> Contract: ...

    def upgrade_by_schedule(
        self, subscription_id: str, price_id: str, *, months: int, grant_id: str, key: str
    ) -> Contract:
        """The higher price at the old amount for N months, then the old price again; a schedule of ours."""
        ...

    def drop_upgrade(self, subscription_id: str, *, grant_id: str, key: str) -> Contract:
        """Let go of that schedule because the customer chose another price meanwhile, which stays."""
        ...

    def cancel_at_period_end(
        self, subscription_id: str, *, feedback: str | None, metadata: dict[str, str], key: str
    ) -> Contract:
        """End it with the paid time; a schedule of ours is released first."""
        ...

    def cancel_now(
        self,
        subscription_id: str,
        *,
        feedback: str | None,
        metadata: dict[str, str],
        void_open: bool,
        key: str,
    ) -> Contract:
        """End it now, neither invoicing nor crediting; `void_open`: open invoices and drafts are voided."""
        ...

    def keep(self, subscription_id: str, key: str) -> Contract:
        """Take a scheduled end back."""
        ...
