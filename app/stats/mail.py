"""What became of mails, by campaign and month. Every number stands with the mail: in the month (UTC) in which it
was settled, for ever, also if the bounce or the complaint comes later."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from app.outbox.models import Mail
from app.outbox.states import BounceKind, MailState
from app.stats.rules import Window

NO_CAMPAIGN = "other"
TOTAL = "total"


class MailBy(StrEnum):
    """What the rows of a report are grouped by."""

    BOTH = "both"  # campaign and month
    CAMPAIGN = "campaign"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class MailFigures:
    """Counts of mails. `sent`: taken over by the server; `failed`: refused for good before that; `unknown`: may or
    may not have left. `bounced`, of which `hard`, `complained` and `unsubscribed` are parts of sent and unknown.
    What was withheld (shadow, allowlist) or stopped is in none of them."""

    sent: int = 0
    failed: int = 0
    unknown: int = 0
    bounced: int = 0
    hard: int = 0
    complained: int = 0
    unsubscribed: int = 0

    def __add__(self, other: MailFigures) -> MailFigures:
        return MailFigures(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def complaint_share(self) -> float | None:
        """`complained / sent`; None where nothing was sent."""
        return self.complained / self.sent if self.sent else None


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
    """One pass over the mails that were settled within the window, by month and campaign."""
    month = _month(session).label("month")
    campaign = func.coalesce(Mail.campaign, NO_CAMPAIGN).label("campaign")
    query = (
        select(month, campaign, *_sums())
        .where(Mail.settled_at >= window.begins_at, Mail.settled_at < window.ends_at, Mail.withheld.is_(None))
        .where(Mail.state.in_((MailState.SENT, MailState.FAILED, MailState.UNKNOWN)))
        .group_by("month", "campaign")
        .order_by("month", "campaign")
    )
    return [MailRow(row[0], row[1], MailFigures(*map(int, row[2:]))) for row in session.execute(query)]


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


def _month(session: Session) -> ColumnElement[str]:
    if session.get_bind().dialect.name == "sqlite":
        return func.strftime("%Y-%m", Mail.settled_at)
    return func.to_char(func.timezone("UTC", Mail.settled_at), "YYYY-MM")


def _sums() -> list[ColumnElement[Any]]:
    """The columns of `MailFigures`, in its order."""
    conditions: list[ColumnElement[bool]] = [
        Mail.state == MailState.SENT,
        Mail.state == MailState.FAILED,
        Mail.state == MailState.UNKNOWN,
        Mail.bounced_at.is_not(None),
        Mail.bounce_kind == BounceKind.HARD,
        Mail.complained_at.is_not(None),
        Mail.unsubscribed_at.is_not(None),
    ]
    return [func.sum(case((condition, 1), else_=0)) for condition in conditions]
