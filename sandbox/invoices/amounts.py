"""Arithmetic on whole minor units (cents): parts of an amount and sharing one out, exact until the last step.

Rounding is to the nearest unit, halves away from zero, so a credit is the exact mirror of its charge.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from sandbox.state import Obj


def rounded(exact: Fraction) -> int:
    """The nearest whole number; 0.5 becomes 1 and -0.5 becomes -1."""
    twice = abs(exact) * 2
    whole = int((twice + 1) // 2)
    return whole if exact >= 0 else -whole


def part(amount: int, seconds: int, of_seconds: int) -> int:
    """The share of `amount` that falls on `seconds` out of `of_seconds`.

    >>> part(3000, 10, 31)
    968
    """
    return rounded(Fraction(amount * seconds, of_seconds))


def price_of(price: Obj, quantity: int) -> Fraction:
    """What `quantity` units cost, in possibly broken minor units."""
    return Fraction(Decimal(price["unit_amount_decimal"])) * quantity


def spread(amount: int, weights: list[int]) -> list[int]:
    """`amount` shared out in proportion to `weights`; the pieces add up to it exactly.

    >>> spread(10, [1, 1, 1])
    [3, 4, 3]
    """
    total = sum(weights)
    if total == 0:
        return [0 for _ in weights]
    pieces, reached, given = [], 0, 0
    for weight in weights:
        reached += weight
        upto = rounded(Fraction(amount * reached, total))
        pieces.append(upto - given)
        given = upto
    return pieces
