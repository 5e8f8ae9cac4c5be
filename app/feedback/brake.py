"""A campaign that draws too many complaints is stopped, and goes on when an operator says so."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from app.alerts import telling
from app.alerts.telling import Crossing
from app.core import acts
from app.core.errors import Conflict
from app.feedback import repository
from app.feedback.models import CampaignBrake
from app.feedback.rules import Alarm, alarm
from app.outbox.models import Mail
from app.outbox.ports import Stop
from app.outbox.service import open_task
from app.outbox.states import MailPurpose

log = structlog.get_logger()

ASK_AGAIN_AFTER = timedelta(minutes=30)
_TITLES = {
    Alarm.LOOK: "Two people have called mails of {campaign} spam",
    Alarm.WARN: "Mails of {campaign} draw many complaints",
    Alarm.STOP: "{campaign} is stopped: too many complaints",
}
_DETAILS = {
    Alarm.LOOK: "{share} in seven days. Too few mails for a share: look at who they went to and what they say.",
    Alarm.WARN: "{share} in seven days; at 0.30% the campaign is stopped. Look at who its mails go to.",
    Alarm.STOP: "{share} in seven days. Its mails wait. When the cause is found: `reclaim mail resume {campaign}`.",
}


def check(session: Session, campaign: str, *, now: datetime) -> Alarm:
    """Look at a campaign after a complaint: stop it, or ask a person, each once a week at most."""
    found = repository.tally(session, campaign, now)
    raised = alarm(found)
    if raised is Alarm.NONE:
        return raised
    if raised is Alarm.STOP:
        figures = {"sent": found.sent, "complaints": found.complaints}
        reason = f"{found.share} in seven days"
        stop(session, Crossing("complaints", campaign, reason, stopped=True, figures=figures), now=now)
    year, week, _ = now.isocalendar()
    open_task(
        session,
        key=f"complaints:{campaign}:{raised}:{year}-W{week:02}",
        kind=f"complaints_{raised}",
        title=_TITLES[raised].format(campaign=campaign),
        detail=_DETAILS[raised].format(campaign=campaign, share=found.share),
        now=now,
    )
    return raised


def stop(session: Session, crossing: Crossing, *, now: datetime) -> bool:
    """Stop the campaign whose guardrail was crossed, and tell of it; False if it is stopped already."""
    brake = repository.brake_of(session, crossing.campaign)
    if brake is None:
        brake = CampaignBrake(campaign=crossing.campaign)
        session.add(brake)
    if brake.stopped_at is not None:
        return False
    brake.stopped_at, brake.reason = now, f"{crossing.guardrail.replace('_', ' ')}: {crossing.reason}"
    log.error(
        "campaign.stopped", campaign=crossing.campaign, guardrail=crossing.guardrail, **crossing.figures
    )
    session.flush()
    telling.guardrail_crossed(session, crossing, now=now)
    return True


def stop_reason(session: Session, mail: Mail, *, now: datetime) -> Stop | None:
    """Whether a mail waits because its campaign is stopped. A confirmation never does."""
    if mail.purpose == MailPurpose.CONFIRMATION:
        return None
    brake = repository.brake_of(session, mail.campaign)
    if brake is None or brake.stopped_at is None:
        return None
    return Stop(f"the campaign is stopped ({brake.reason})", now + ASK_AGAIN_AFTER)


def resume(session: Session, campaign: str, *, who: str, why: str, now: datetime) -> None:
    """Let a stopped campaign go on. What was counted so far counts no more. Raises Conflict."""
    brake = repository.brake_of(session, campaign)
    if brake is None or brake.stopped_at is None:
        raise Conflict(f"{campaign} is not stopped")
    before = {"stopped_at": brake.stopped_at.isoformat(), "reason": brake.reason}
    brake.stopped_at, brake.reason, brake.counting_from = None, None, now
    acts.record(session, "campaign.resume", who=who, now=now, subject=campaign, why=why, before=before)
