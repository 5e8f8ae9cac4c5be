"""What became of mails, in the API, as JSON or CSV."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from app.core.auth import Scope
from app.core.web import Caller, needs, no_store
from app.ops.asked import ANSWERS, Question, csv_answer
from app.ops.ports import At
from app.ops.schemas import Instant
from app.stats import mail, mail_tables
from app.stats.mail import MailBy

router = APIRouter(prefix="/api/stats", tags=["statistics"], dependencies=[Depends(no_store)])


class MailStatsRow(BaseModel):
    """Mails of one campaign and month; `total` where it is not grouped by one. Definitions: app/stats/mail.py.

    `bounced` (of which `hard`), `complained` and `unsubscribed` are parts of `sent` and `unknown`.
    """

    month: str
    campaign: str
    sent: int
    failed: int
    unknown: int
    bounced: int
    hard: int
    complained: int
    unsubscribed: int
    complaint_share: float | None


class MailStats(BaseModel):
    """Every number stands in the month in which its mail was settled."""

    by: MailBy
    made_at: Instant
    data: list[MailStatsRow]
    model_config = {"extra": "allow"}  # `from` is a word of Python; `from` and `to` pass through as they are


@router.get("/mail", response_model=MailStats, responses=ANSWERS)
def mail_stats(
    at: At,
    _: Annotated[Caller, Depends(needs(Scope.READ))],
    question: Question,
    by: MailBy = MailBy.BOTH,
) -> Any:
    """Mails sent, failed, unknown, bounced, complained about and unsubscribed from."""
    with at.db.read() as session:
        report = mail.report(session, by, question.window, now=at.clock())
    if question.csv:
        return csv_answer(f"mail-by-{by}", mail_tables.as_csv(report))
    return mail_tables.as_json(report)
