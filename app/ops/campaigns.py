"""Let a campaign go on that complaints have stopped: over the API, and from the dashboard."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Response
from pydantic import BaseModel, ConfigDict, Field

from app.contacts.states import Campaign
from app.core.auth import Scope
from app.core.errors import InvalidInput
from app.core.text import clean_line
from app.core.web import Caller, needs, no_store
from app.feedback import brake
from app.ops.forms import sent_by_operator
from app.ops.pages import PageRoute, see
from app.ops.ports import At, Workplace
from app.ops.schemas import problems
from app.ops.session import Visitor

WHY_LIMIT = 300

router = APIRouter(prefix="/api/campaigns", tags=["campaigns"], dependencies=[Depends(no_store)])
pages = APIRouter(prefix="/ops/campaigns", route_class=PageRoute, include_in_schema=False)


class ResumeIn(BaseModel):
    """What was found and mended; kept with the act."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=WHY_LIMIT)


class ResumedOut(BaseModel):
    """Mails that waited leave within half an hour; complaints are counted anew."""

    campaign: Campaign


@router.post("/{campaign}/resume", responses=problems(409, 422))
def resume(
    at: At, who: Annotated[Caller, Depends(needs(Scope.OPERATE))], campaign: Campaign, why: ResumeIn
) -> ResumedOut:
    """Let a campaign go on that was stopped for too many complaints."""
    _resume(at, campaign, who.name, why.reason)
    return ResumedOut(campaign=campaign)


@pages.post("/{campaign}/resume")
def resume_from_page(
    place: At,
    who: Annotated[Visitor, Depends(sent_by_operator)],
    campaign: Campaign,
    reason: Annotated[str, Form(max_length=WHY_LIMIT)] = "",
) -> Response:
    """Let it go on, then show the dashboard again."""
    _resume(place, campaign, who.name, reason)
    return see("/ops")


def _resume(place: Workplace, campaign: Campaign, who: str, reason: str) -> None:
    why = clean_line(reason, WHY_LIMIT)
    if not why:
        raise InvalidInput("reason: say what was found and mended; it is kept with the act")
    with place.db.write() as session:
        brake.resume(session, campaign, who=who, why=why, now=place.clock())
