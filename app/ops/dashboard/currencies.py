"""Which currencies there are."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.stats.recovery import late_by_currency
from app.stats.rules import Window


def by_weight(session: Session, window: Window) -> list[str]:
    """Currencies in which something was late, the one with the most late invoices first."""
    counts = late_by_currency(session, window)
    return sorted(counts, key=lambda c: (-counts[c], c))
