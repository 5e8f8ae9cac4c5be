"""An upcoming invoice, also as a coupon would make it that the provider does not know yet. Pure."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from app.integrations.stripe.read_values import Json, amount, instant, parts, text
from app.offers.rules.contract import CouponTerms, Preview

HALF = Fraction(1, 2)


def read_preview(obj: Json, coupon: CouponTerms | None = None) -> Preview:
    """Total and tax in minor units, dated with the renewal: the charge follows within about an hour.

    The coupon comes off after all discounts in force, as it is added last. Tax shrinks with what it is levied on.
    Worked example: 29.00 and 5.51 tax on top, coupon of 10.00: 19/29 is left, so 19.00 and 3.61 tax, 22.61.
    """
    on_top = _tax(obj, "exclusive")
    base = amount(obj.get("total")) - on_top
    left = base - (_off(coupon, base, text(obj.get("currency"))) if coupon is not None else 0)
    share = Fraction(left, base) if base > 0 else Fraction(1)
    return Preview(
        total_minor=left + _rounded(on_top * share),
        tax_minor=_rounded(_tax(obj) * share),
        currency=text(obj.get("currency")) or "",
        charged_at=instant(obj.get("period_end")),
    )


def _off(coupon: CouponTerms, base: int, currency: str | None) -> int:
    """What the coupon takes off: half a minor unit counts as one, never more than there is."""
    if base <= 0:
        return 0
    if coupon.percent_off is not None:
        return min(base, _rounded(base * Fraction(str(coupon.percent_off)) / 100))
    return min(base, coupon.amount_off_minor or 0) if coupon.currency == currency else 0


def _tax(obj: Json, behavior: str | None = None) -> int:
    """All taxes of the invoice, or those on top of its prices only (`exclusive`)."""
    rows = parts(obj.get("total_taxes"))
    return sum(amount(row.get("amount")) for row in rows if behavior in (None, row.get("tax_behavior")))


def _rounded(value: Fraction | int) -> int:
    return floor(value + HALF)
