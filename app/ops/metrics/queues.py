"""What waits for the worker or for a person, and for how long (business time)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from prometheus_client.core import Metric
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cases.models import Case, Step
from app.cases.repository import PLANNED
from app.cases.states import CaseState
from app.hooks.models import WAITING as HOOKS_WAITING
from app.hooks.models import HookMessage
from app.inbound import repository as inbound
from app.ops import attention
from app.ops.metrics.gauges import age, gauge, labelled
from app.outbox.models import WAITING, Action, Mail, Task
from app.outbox.states import TaskState

UNDER_WAY = ("queued", "retry", "sending")
NO_CAMPAIGN = "other"


def families(session: Session, now: datetime) -> Iterator[Metric]:
    yield from _events(session, now)
    yield from _steps(session, now)
    yield from _mails(session, now)
    yield from _actions(session, now)
    yield from _hooks(session, now)
    yield from _people(session)


def _events(session: Session, now: datetime) -> Iterator[Metric]:
    backlog = inbound.backlog(session)
    counts: list[tuple[tuple[str, ...], float]] = [
        (("received",), backlog.received),
        (("dead",), backlog.dead),
    ]
    yield labelled("reclaim_inbound_events", "Stored events not finished", ["state"], counts)
    yield gauge(
        "reclaim_inbound_ignored_recent",
        f"Events of another mode or account among the newest {attention.NEWEST_EVENTS}",
        attention.ignored_events(session),
    )
    yield gauge(
        "reclaim_inbound_conflicts",
        "Deliveries that carried a known id with another body",
        attention.conflicts(session),
    )
    yield gauge(
        "reclaim_inbound_oldest_unprocessed_seconds",
        "Age of the oldest event not yet processed",
        age(backlog.oldest_received_at, now),
    )


def _steps(session: Session, now: datetime) -> Iterator[Metric]:
    """Of open cases: what is held waits for a person."""
    query = (
        select(func.count(), func.min(Step.due_at))
        .join(Case, Case.id == Step.case_id)
        .where(PLANNED, Step.due_at <= now, Case.state == CaseState.OPEN)
    )
    count, oldest = session.execute(query).one()
    yield gauge("reclaim_steps_due", "Steps of open cases that are due", count)
    yield gauge(
        "reclaim_step_oldest_due_seconds", "How long the longest overdue step waits", age(oldest, now)
    )


def _mails(session: Session, now: datetime) -> Iterator[Metric]:
    campaign = func.coalesce(Mail.campaign, NO_CAMPAIGN)
    query = select(campaign, Mail.state, func.count()).where(WAITING).group_by(campaign, Mail.state)
    counts = [((row[0], row[1]), row[2]) for row in session.execute(query)]
    yield labelled("reclaim_mails_waiting", "Mails that have not left yet", ["campaign", "state"], counts)
    yield gauge(
        "reclaim_mails_unknown",
        "Mails of which nobody knows whether they left",
        attention.unknown_mails(session),
    )
    yield gauge(
        "reclaim_mail_oldest_due_seconds",
        "How long the longest overdue mail waits",
        age(attention.oldest_due(session, Mail, now), now),
    )


def _actions(session: Session, now: datetime) -> Iterator[Metric]:
    counts = _by_state(session, Action, WAITING)
    yield labelled(
        "reclaim_actions_waiting", "Changes at the provider not carried out yet", ["state"], counts
    )
    yield gauge(
        "reclaim_action_oldest_due_seconds",
        "How long the longest overdue change waits",
        age(attention.oldest_due(session, Action, now), now),
    )


def _hooks(session: Session, now: datetime) -> Iterator[Metric]:
    counts = _by_state(session, HookMessage, HOOKS_WAITING)
    yield labelled("reclaim_hook_messages_waiting", "Webhooks and alerts not told yet", ["state"], counts)
    oldest = session.scalar(
        select(func.min(HookMessage.due_at)).where(HOOKS_WAITING, HookMessage.due_at <= now)
    )
    yield gauge("reclaim_hook_oldest_due_seconds", "How long the longest overdue one waits", age(oldest, now))


def _people(session: Session) -> Iterator[Metric]:
    cases = [(key, number) for key, number in attention.open_cases(session).items()]
    yield labelled("reclaim_cases_open", "Cases not closed", ["kind", "state"], cases)
    query = select(Task.kind, func.count()).where(Task.state == TaskState.OPEN).group_by(Task.kind)
    tasks = [((kind,), number) for kind, number in session.execute(query)]
    yield labelled("reclaim_tasks_open", "Tasks that wait for a person", ["kind"], tasks)


def _by_state(session: Session, model: Any, waiting: Any) -> list[tuple[tuple[str, ...], float]]:
    query = select(model.state, func.count()).where(waiting).group_by(model.state)
    found = dict.fromkeys(UNDER_WAY, 0) | {str(state): number for state, number in session.execute(query)}
    return [((state,), number) for state, number in found.items()]
