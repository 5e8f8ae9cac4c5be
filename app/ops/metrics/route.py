"""The route, and one scrape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from app.ops.metrics import queues, state
from app.ops.ports import At, Workplace, intake_counters

router = APIRouter(tags=["health"])


class Reading(Collector):
    """One scrape: reads once, then hands out the families."""

    def __init__(self, place: Workplace, counters: Any) -> None:
        self._place, self._counters = place, counters

    def collect(self) -> Iterator[Metric]:
        now = self._place.clock()
        yield from self._intake()
        with self._place.db.read() as session:
            yield from queues.families(session, now)
            yield from state.families(session, now)

    def _intake(self) -> Iterator[Metric]:
        if self._counters is None:
            return
        family = CounterMetricFamily(
            "reclaim_intake", "Webhook requests of this process by what became of them", labels=["result"]
        )
        for name, value in asdict(self._counters).items():
            family.add_metric([name], value)
        yield family


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(request: Request, at: At) -> PlainTextResponse:
    """Figures for Prometheus; no personal data."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Reading(at, intake_counters(request)))
    return PlainTextResponse(
        generate_latest(registry).decode(),
        media_type=CONTENT_TYPE_LATEST,
        headers={"Cache-Control": "no-store"},
    )
