"""What became of mails, out of the rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from app.outbox.models import Mail
from app.outbox.service import NOBODY
from app.outbox.states import BounceKind, MailState
from app.stats.mail_rules import NO_CAMPAIGN, MailFigures
from app.stats.rollups.report import Key, Rollup, as_day, day_of, day_table
from app.stats.rules import Window

DIMS = ("campaign", "name")


def raw(session: Session, window: Window) -> dict[Key, MailFigures]:
    """One pass over the mails to customers that were settled within the window, by day, campaign and name."""
    day = day_of(session, Mail.settled_at).label("by_day")
    campaign = func.coalesce(Mail.campaign, NO_CAMPAIGN).label("by_campaign")
    query = (
        select(day, campaign, Mail.name, *_sums())
        .where(Mail.settled_at >= window.begins_at, Mail.settled_at < window.ends_at, Mail.withheld.is_(None))
        .where(
            Mail.state.in_((MailState.SENT, MailState.FAILED, MailState.UNKNOWN)), Mail.customer_id != NOBODY
        )
        .group_by("by_day", "by_campaign", Mail.name)
    )
    return {
        (as_day(row[0]), row[1], row[2]): MailFigures(*map(int, row[3:])) for row in session.execute(query)
    }


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


MAILS = Rollup(
    name="mail",
    dims=DIMS,
    figures=MailFigures,
    raw=raw,
    stands_on=Mail.settled_at,
    customer=Mail.customer_id,
    told_by=frozenset({Mail.__tablename__}),
    model=day_table("mail", DIMS, MailFigures),
    alone=True,
)
