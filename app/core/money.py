"""Money in minor units of one currency. Mixed currencies raise; there are no floats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from app.core.errors import MixedCurrencies

# Minor-unit exponents as the payment provider counts them; everything else has two decimals.
# Source: Stripe, "Supported currencies" (zero-decimal and three-decimal lists).
ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf".split())
THREE_DECIMAL = frozenset("bhd jod kwd omr tnd".split())


def decimals(currency: str) -> int:
    """How many decimals the provider's minor unit of a currency stands for: 0, 2 or 3."""
    code = currency.lower()
    return 0 if code in ZERO_DECIMAL else 3 if code in THREE_DECIMAL else 2


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units (`amount_minor=2900, currency="usd"` is 29 dollars)."""

    amount_minor: int
    currency: str

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise MixedCurrencies(self.currency, other.currency)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def to_decimal(self) -> Decimal:
        """The amount in major units: `Money(2900, "usd").to_decimal() == Decimal("29.00")`."""
        return Decimal(self.amount_minor).scaleb(-decimals(self.currency))


def total(parts: Iterable[Money]) -> list[Money]:
    """Sums by currency, largest first; never across currencies."""
    sums: dict[str, int] = {}
    for part in parts:
        sums[part.currency] = sums.get(part.currency, 0) + part.amount_minor
    return [Money(a, c) for c, a in sorted(sums.items(), key=lambda item: (-item[1], item[0]))]
