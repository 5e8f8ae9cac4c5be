"""What became of mails, by campaign and month. Every number stands with the mail: in the month (UTC) in which it
was settled, for ever, also if the bounce or the complaint comes later."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from app.stats.mail_raw import MAILS
from app.stats.mail_rules import MailFigures as MailFigures
from app.stats.rollups.reading import read
from app.stats.rollups.report import MONTH
from app.stats.rules import Window

TOTAL = "total"


class MailBy(StrEnum):
    """What the rows of a report are grouped by."""

    BOTH = "both"  # campaign and month
    CAMPAIGN = "campaign"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class MailRow:
    """`month` (2026-04) and `campaign`; the one that is not grouped by reads `total`."""

    month: str
    campaign: str
    figures: MailFigures


@dataclass(frozen=True, slots=True)
class MailReport:
    """A report with what was asked. `made_at` is business time."""

    by: MailBy
    window: Window
    made_at: datetime
    rows: list[MailRow]


def report(session: Session, by: MailBy, window: Window | None = None, *, now: datetime) -> MailReport:
    """The mails of a time, oldest month first; no rows where none was settled."""
    window = window or Window()
    return MailReport(by, window, now, folded(rows(session, window), by))


def rows(session: Session, window: Window) -> list[MailRow]:
    """The mails that were settled within the window, by month and campaign."""
    found = read(session, MAILS, (MONTH, "campaign"), window)
    return [MailRow(month, campaign, found[month, campaign]) for month, campaign in sorted(found)]


def folded(found: Iterable[MailRow], by: MailBy) -> list[MailRow]:
    """Rows summed to a grouping."""
    keys: dict[MailBy, Callable[[MailRow], tuple[str, str]]] = {
        MailBy.BOTH: lambda row: (row.month, row.campaign),
        MailBy.CAMPAIGN: lambda row: (TOTAL, row.campaign),
        MailBy.MONTH: lambda row: (row.month, TOTAL),
    }
    sums: dict[tuple[str, str], MailFigures] = {}
    for row in found:
        key = keys[by](row)
        sums[key] = sums.get(key, MailFigures()) + row.figures
    return [MailRow(month, campaign, sums[month, campaign]) for month, campaign in sorted(sums)]
