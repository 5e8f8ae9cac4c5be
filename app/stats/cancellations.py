"""The figures of cancellations out of their roll-up. Definitions: cancellations_rules.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.stats.cancellations_raw import CANCELLATIONS
from app.stats.cancellations_rules import CancelBy, CancelFigures
from app.stats.names import plan_names
from app.stats.rollups.reading import read
from app.stats.rules import Window


@dataclass(frozen=True, slots=True)
class CancelRow:
    """One line of a report. `name`: of a plan, in the merchant's words."""

    group: str
    name: str | None
    figures: CancelFigures


@dataclass(frozen=True, slots=True)
class CancelReport:
    """A report with what was asked. `made_at` is business time."""

    by: CancelBy
    window: Window
    currency: str | None
    made_at: datetime
    rows: list[CancelRow]


def report(
    session: Session,
    by: CancelBy,
    window: Window | None = None,
    *,
    currency: str | None = None,
    plan: str | None = None,
    now: datetime,
) -> CancelReport:
    """The cases that were opened within a time, the largest group first, months in their order; no rows where there
    were none."""
    window, wanted = window or Window(), {"currency": currency.lower() if currency else None, "plan": plan}
    sums = {key[0]: figures for key, figures in read(session, CANCELLATIONS, (by,), window, wanted).items()}
    ordered = sorted(sums, key=lambda g: g if by == CancelBy.MONTH else (-sums[g].cases, g))
    names = plan_names(session, sums) if by == CancelBy.PLAN else {}
    return CancelReport(by, window, currency, now, [CancelRow(g, names.get(g), sums[g]) for g in ordered])
