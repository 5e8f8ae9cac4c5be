"""What needs a person: the few counts behind the attention strip and the metrics, each from an index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cases.models import NOT_CLOSED, Case
from app.core import gates
from app.core.gates import Pause
from app.feedback.models import CampaignBrake
from app.feedback.repository import stopped
from app.inbound import repository as inbound
from app.inbound.models import InboundConflict, InboundEvent
from app.inbound.repository import Backlog
from app.inbound.states import InboundState
from app.outbox.models import WAITING, Action, Mail, Task
from app.outbox.states import MailState, TaskState

NEWEST_EVENTS = 5_000
"""Ignored events have no index, so only the newest stored ones are looked through."""


@dataclass(frozen=True, slots=True)
class Attention:
    """What the strip shows. `ignored` counts among the newest 5,000 events only."""

    paused: str | None
    paused_all: bool
    paused_since: datetime | None
    backlog: Backlog
    unknown_mails: int
    ignored: int
    conflicts: int
    open_tasks: int
    stopped_campaigns: list[CampaignBrake]

    @property
    def calm(self) -> bool:
        """Nothing needs a person."""
        odd = (self.backlog.dead, self.unknown_mails, self.ignored, self.conflicts, self.stopped_campaigns)
        return self.paused is None and not any(odd)


def look(session: Session) -> Attention:
    """Everything that the strip shows."""
    row = gates.registered(session)
    return Attention(
        paused=gates.paused(session),
        paused_all=row is not None and row.paused == Pause.ALL,
        paused_since=row.paused_at if row else None,
        backlog=inbound.backlog(session),
        unknown_mails=unknown_mails(session),
        ignored=ignored_events(session),
        conflicts=conflicts(session),
        open_tasks=open_tasks(session),
        stopped_campaigns=stopped(session),
    )


def ignored_events(session: Session) -> int:
    """Events of the other live mode or of another account among the newest stored ones."""
    newest = select(InboundEvent.state).order_by(InboundEvent.id.desc()).limit(NEWEST_EVENTS).subquery()
    query = select(func.count()).where(newest.c.state == InboundState.IGNORED)
    return session.scalar(query) or 0


def conflicts(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(InboundConflict)) or 0


def unknown_mails(session: Session) -> int:
    """Mails of which nobody knows whether they left."""
    query = select(func.count()).select_from(Mail).where(Mail.state == MailState.UNKNOWN)
    return session.scalar(query) or 0


def open_tasks(session: Session) -> int:
    query = select(func.count()).select_from(Task).where(Task.state == TaskState.OPEN)
    return session.scalar(query) or 0


def open_cases(session: Session) -> dict[tuple[str, str], int]:
    """Cases not closed, by kind and state."""
    query = select(Case.kind, Case.state, func.count()).where(NOT_CLOSED).group_by(Case.kind, Case.state)
    return {(kind, state): number for kind, state, number in session.execute(query)}


def oldest_due(session: Session, model: type[Mail] | type[Action], now: datetime) -> datetime | None:
    """Since when the longest overdue one waits."""
    return session.scalar(select(func.min(model.due_at)).where(WAITING, model.due_at <= now))
