"""What became of mails, in the API, as JSON or CSV."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from app.core.auth import Scope
from app.core.web import Caller, needs, no_store
from app.ops.ports import At
from app.ops.schemas import Instant, problems
from app.stats import mail, mail_tables
from app.stats.mail import MailBy
from app.stats.rules import EARLIEST, LATEST, Window

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


@router.get(
    "/mail",
    response_model=MailStats,
    responses={**problems(422), 200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def mail_stats(
    at: At,
    _: Annotated[Caller, Depends(needs(Scope.READ))],
    first: Annotated[date | None, Query(alias="from", description="first day, UTC")] = None,
    last: Annotated[date | None, Query(alias="to", description="last day, included, UTC")] = None,
    by: MailBy = MailBy.BOTH,
    format: Annotated[Literal["json", "csv"], Query()] = "json",
) -> Any:
    """Mails sent, failed, unknown, bounced, complained about and unsubscribed from."""
    window = Window(first or EARLIEST, last or LATEST)
    with at.db.read() as session:
        report = mail.report(session, by, window, now=at.clock())
    if format == "csv":
        headers = {
            "Content-Disposition": f'attachment; filename="mail-by-{by}.csv"',
            "Cache-Control": "no-store",
        }
        return Response(mail_tables.as_csv(report), media_type="text/csv; charset=utf-8", headers=headers)
    return mail_tables.as_json(report)
