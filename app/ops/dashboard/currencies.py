"""Which currencies there are."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.stats.recovery import cells
from app.stats.rules import By, Window


def by_weight(session: Session, window: Window) -> list[str]:
    """Currencies in which something was late, the one with the most late invoices first."""
    counts: dict[str, int] = {}
    for cell in cells(session, [By.CURRENCY], window):
        counts[cell.currency] = counts.get(cell.currency, 0) + cell.figures.at_risk_count
    return sorted(counts, key=lambda c: (-counts[c], c))
