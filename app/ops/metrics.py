"""What Prometheus reads. Counts and ages only: no name, no id, no address."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from sqlalchemy.orm import Session

from app.core import gates
from app.core.clock import real_seconds
from app.inbound import repository as inbound
from app.ops import attention
from app.ops.ports import At, Workplace, intake_counters
from app.outbox.models import Action, Mail

router = APIRouter(tags=["health"])
REFRESH_SECONDS = 60.0


class SettledMails:
    """Counts of settled mails, read at most once a minute, because they need the whole table."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._counts: dict[str, int] = {}

    def counts(self, session: Session) -> dict[str, int]:
        with self._lock:
            if real_seconds() - self._read_at > REFRESH_SECONDS:
                self._counts, self._read_at = attention.settled_mails(session), real_seconds()
            return self._counts


class Reading(Collector):
    """One scrape: reads once, then hands out the families."""

    def __init__(self, place: Workplace, counters: Any, settled: SettledMails) -> None:
        self._place, self._counters, self._settled = place, counters, settled

    def collect(self) -> Iterator[Metric]:
        now = self._place.clock()
        yield from self._intake()
        with self._place.db.read() as session:
            yield from _events(session, now)
            yield from self._outbox(session, now)
            yield from _people(session)

    def _intake(self) -> Iterator[Metric]:
        if self._counters is None:
            return
        family = CounterMetricFamily(
            "reclaim_intake", "Webhook requests of this process by what became of them", labels=["result"]
        )
        for name, value in asdict(self._counters).items():
            family.add_metric([name], value)
        yield family

    def _outbox(self, session: Session, now: datetime) -> Iterator[Metric]:
        mails = GaugeMetricFamily("reclaim_mails", "Mails by state", labels=["state"])
        waiting = dict.fromkeys(("queued", "retry", "sending"), 0) | attention.waiting(session, Mail)
        for state, number in (waiting | self._settled.counts(session)).items():
            mails.add_metric([state], number)
        yield mails
        actions = GaugeMetricFamily(
            "reclaim_actions_waiting", "Actions not carried out yet", labels=["state"]
        )
        waiting = dict.fromkeys(("queued", "retry", "sending"), 0) | attention.waiting(session, Action)
        for state, number in waiting.items():
            actions.add_metric([state], number)
        yield actions
        yield _gauge(
            "reclaim_mail_oldest_due_seconds",
            "How long the longest overdue mail waits (business time)",
            _age(attention.oldest_due(session, Mail, now), now),
        )


def _events(session: Session, now: datetime) -> Iterator[Metric]:
    backlog = inbound.backlog(session)
    family = GaugeMetricFamily("reclaim_inbound_events", "Stored events not finished", labels=["state"])
    family.add_metric(["received"], backlog.received)
    family.add_metric(["dead"], backlog.dead)
    yield family
    yield _gauge(
        "reclaim_inbound_ignored_recent",
        f"Events of another mode or account among the newest {attention.NEWEST_EVENTS}",
        attention.ignored_events(session),
    )
    yield _gauge(
        "reclaim_inbound_conflicts",
        "Deliveries that carried a known id with another body",
        attention.conflicts(session),
    )
    yield _gauge(
        "reclaim_inbound_oldest_unprocessed_seconds",
        "Age of the oldest event not yet processed (business time)",
        _age(backlog.oldest_received_at, now),
    )


def _people(session: Session) -> Iterator[Metric]:
    cases = GaugeMetricFamily("reclaim_cases_open", "Cases not closed", labels=["kind", "state"])
    for (kind, state), number in attention.open_cases(session).items():
        cases.add_metric([kind, state], number)
    yield cases
    yield _gauge("reclaim_tasks_open", "Tasks that wait for a person", attention.open_tasks(session))
    yield _gauge("reclaim_paused", "1 while the kill switch is on", int(gates.paused(session) is not None))


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(request: Request, at: At) -> PlainTextResponse:
    """Figures for Prometheus; no personal data."""
    state = request.app.state
    if not hasattr(state, "settled_mails"):
        state.settled_mails = SettledMails()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Reading(at, intake_counters(request), state.settled_mails))
    return PlainTextResponse(
        generate_latest(registry).decode(),
        media_type=CONTENT_TYPE_LATEST,
        headers={"Cache-Control": "no-store"},
    )
