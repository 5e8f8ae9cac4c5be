"""How long a failed payment took to be made good. Pure.

The unit is a late invoice that was recovered (app/stats/rules.py), on the day of its first failure for ever. The wait
runs from the first failure to the payment, in whole days of 24 hours.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

BANDS = ((0, "the same day"), (1, "1 to 2 days"), (3, "3 to 6 days"), (7, "7 to 13 days"), (14, "14 to 29 days"),
         (30, "30 days or more"))  # fmt: skip
"""The least number of days, and the words, from the shortest to the longest."""


@dataclass(frozen=True, slots=True)
class WaitFigures:
    """Recovered invoices and what was kept of them, in minor units."""

    count: int = 0
    kept_minor: int = 0

    def __add__(self, other: WaitFigures) -> WaitFigures:
        return WaitFigures(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


def band(failed_at: datetime, paid_at: datetime) -> str:
    """The least number of days of its band, as it is stored: 5 days after the failure is `3`."""
    days = max(0, (paid_at - failed_at).days)
    return str(max(least for least, _ in BANDS if least <= days))
