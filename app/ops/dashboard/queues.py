"""Queue health: what waits for the worker or for a person, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from app.cases.models import IS_PLANNED, Step
from app.hooks.models import WAITING as HOOK_WAITING
from app.hooks.models import HookMessage
from app.inbound.models import UNFINISHED, InboundEvent
from app.inbound.states import InboundState
from app.ops.charts import Chart, Series, Shape, Tone
from app.ops.dashboard.desk import Desk, Section
from app.ops.pages import ago
from app.ops.sheets import Column, Line, Sheet
from app.outbox.models import IN_DOUBT, WAITING, Action, Mail, Task
from app.outbox.states import TaskState

AGES = (
    ("under 5 min", timedelta(minutes=5)),
    ("under 1 h", timedelta(hours=1)),
    ("under a day", timedelta(days=1)),
)
OLDER = "older"
TONES = (Tone.PALE, Tone.GOOD, Tone.WARM, Tone.BAD)


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits. `since`: from when on; `where`: what is in it, from an index; `href`: where it is looked after."""

    words: str
    since: Any
    where: Any
    href: str | None = None
    due_only: bool = True  # what is planned for later does not wait


QUEUES = (
    Queue("Events", InboundEvent.received_at, and_(UNFINISHED, InboundEvent.state == InboundState.RECEIVED),
          "/ops/events?state=received", due_only=False),
    Queue("Steps", Step.due_at, IS_PLANNED),
    Queue("Mails", Mail.due_at, WAITING),
    Queue("Actions", Action.due_at, WAITING),
    Queue("Webhooks", HookMessage.due_at, HOOK_WAITING),
    Queue("Dead events", InboundEvent.received_at, and_(UNFINISHED, InboundEvent.state == InboundState.DEAD),
          "/ops/events?state=dead", due_only=False),
    Queue("Doubtful mails", Mail.settled_at, IN_DOUBT, "/ops/tasks", due_only=False),
    Queue("Tasks", Task.created_at, Task.state == TaskState.OPEN, "/ops/tasks", due_only=False),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Waiting:
    """One queue: how many wait, by age, and since when the oldest does."""

    queue: Queue
    ages: tuple[int, ...]
    oldest: datetime | None

    @property
    def count(self) -> int:
        return sum(self.ages)


def waiting(session: Session, queue: Queue, now: datetime) -> Waiting:
    """One pass over what waits in a queue."""
    edges = [now - span for _, span in AGES]
    at = queue.since
    bounds: list[ColumnElement[bool]] = [at > edges[0]]
    bounds += [(at <= upper) & (at > lower) for upper, lower in pairwise(edges)]
    bounds.append(at <= edges[-1])
    query = select(func.min(at), *(func.sum(case((bound, 1), else_=0)) for bound in bounds)).where(
        queue.where
    )
    row = session.execute(query.where(at <= now) if queue.due_only else query).one()
    return Waiting(queue, tuple(int(n or 0) for n in row[1:]), row[0])


def ages(desk: Desk) -> Sheet:
    found = [waiting(desk.session, queue, desk.now) for queue in QUEUES]
    return Sheet(
        title="What waits, and for how long",
        head="Queue",
        columns=(
            Column(head="Waiting"),
            *(Column(head=w.capitalize()) for w in _words()),
            Column(head="Oldest", text=True),
        ),
        lines=[
            Line(
                w.queue.words,
                (w.count, *w.ages, ago(w.oldest, desk.now) if w.oldest and w.count else None),
                href=w.queue.href,
            )
            for w in found
        ],
        notes=(
            "Steps, mails, actions and webhooks wait from the time they are due.",
            "Dead events could not be processed, and mails of these customers wait.",
            "Doubtful mails may or may not have left; they are never sent again.",
        ),
        chart=_chart(found),
    )


def _words() -> list[str]:
    return [*(words for words, _ in AGES), OLDER]


def _chart(found: Sequence[Waiting]) -> Chart:
    """By age: what is fresh is work in progress, what is old is a fault."""
    busy = [w for w in found if w.count]
    series = [
        Series(words, tuple(float(w.ages[place]) for w in busy), tone)
        for place, (words, tone) in enumerate(zip(_words(), TONES, strict=True))
    ]
    return Chart(
        Shape.LYING_STACKED,
        tuple(w.queue.words for w in busy),
        tuple(series),
        "What waits in each queue, by age.",
    )


SECTION = Section(
    name="queues",
    title="Queues",
    about="As of now; the filters do not apply.",
    sheets={"age": ages},
    filters=frozenset(),
)
