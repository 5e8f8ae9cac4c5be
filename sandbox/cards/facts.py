"""What is known about one test card: how it looks, and what its bank does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CardFacts:
    """One test number.

    `names` are the endings of its `pm_card_…` and `tok_…` ids. `fails_at` is `attach` for cards that cannot even
    be saved on a customer, `create` for numbers that are none. `authentication` says when the bank wants its
    cardholder: `never`, `always`, or `unless_saved`. `failed_checks` names the checks that fail; `*` means that
    the bank answers none of them. `refunds` is how giving money back ends: `succeed`, `wait` or `fail`.
    """

    number: str
    names: tuple[str, ...] = ()
    brand: str = "visa"
    funding: str = "credit"
    country: str = "US"
    decline: str | None = None
    fails_at: str = "charge"
    authentication: str = "never"
    failed_checks: tuple[str, ...] = ()
    risk_level: str = "normal"
    dispute: str | None = None
    inquiry: bool = False
    dispute_count: int = 1
    fraud_warning: bool = False
    refunds: str = "succeed"

    @property
    def last4(self) -> str:
        return self.number[-4:]
