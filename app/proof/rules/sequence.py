"""How wide an interval must be that holds at every look, however often and however long one looks. Pure.

An asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas 2024): a usual 95% interval is
right on one day that was fixed before; looked at every month for three years it is wrong for one true zero in four.
"""

from __future__ import annotations

from math import log, sqrt

ALPHA = 0.05
TIGHTEST_AT = 300
"""So many customers make the interval tightest. Fixed for every experiment before any data, as it must be."""

RHO2 = (-2 * log(ALPHA) + log(-2 * log(ALPHA) + 1)) / TIGHTEST_AT


def width(n: int) -> float:
    """Half of the interval in standard deviations: `sqrt(2(n r + 1) / (n^2 r) * ln(sqrt(n r + 1) / a))`, r = RHO2.

    It falls with every customer: `width(300)` is 0.175, `width(1200)` 0.090.
    """
    grown = n * RHO2 + 1
    return sqrt(2 * grown / (n * n * RHO2) * log(sqrt(grown) / ALPHA))


def customers_needed(sd: float, effect: float) -> int:
    """The fewest customers at which `sd * width(n) < effect`. Raises ValueError for an effect of zero or less."""
    if effect <= 0:
        raise ValueError("an effect must be above zero to be seen")
    few, many = 0, 1
    while sd * width(many) >= effect:
        few, many = many, many * 2
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if sd * width(middle) < effect else (middle, many)
    return many
