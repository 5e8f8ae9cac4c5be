"""The figures of win-back. Definitions: winback_rules.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.stats.names import plan_names
from app.stats.rollups.reading import read
from app.stats.rules import Window
from app.stats.winback_raw import WINBACK
from app.stats.winback_rules import WinbackBy, WinbackFigures


@dataclass(frozen=True, slots=True)
class WinbackRow:
    """One line of a report, in one currency. `name`: of a plan, in the merchant's words."""

    group: str
    name: str | None
    currency: str
    figures: WinbackFigures


@dataclass(frozen=True, slots=True)
class WinbackReport:
    """A report with what was asked. `made_at` is business time."""

    by: WinbackBy
    window: Window
    currency: str | None
    made_at: datetime
    rows: list[WinbackRow]


def report(
    session: Session,
    by: WinbackBy,
    window: Window | None = None,
    *,
    currency: str | None = None,
    plan: str | None = None,
    now: datetime,
) -> WinbackReport:
    """The subscriptions that ended within a time; no rows where none did."""
    asked, wanted = window or Window(), currency.lower() if currency else None
    sums = read(session, WINBACK, (by.value, "currency"), asked, {"currency": wanted, "plan": plan})
    names = plan_names(session, {group for group, _ in sums}) if by is WinbackBy.PLAN else {}

    def place(key: tuple[str, ...]) -> tuple[object, ...]:
        group, money = key
        if by is WinbackBy.STEP:
            return (money, int(group))
        return (money, group) if by is WinbackBy.MONTH else (money, -sums[key].lapses, group)

    rows = [WinbackRow(k[0], names.get(k[0]), k[1], sums[k]) for k in sorted(sums, key=place)]
    return WinbackReport(by, asked, wanted, now, rows)
