"""Small makers of metric families."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric


def gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def labelled(
    name: str, text: str, labels: list[str], samples: Iterable[tuple[tuple[str, ...], float]]
) -> Metric:
    """`samples`: the values of the labels, and the number."""
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, number in samples:
        family.add_metric(list(values), number)
    return family


def age(since: datetime | None, now: datetime) -> float:
    """Seconds since; 0 where nothing waits."""
    return max(0.0, (now - since).total_seconds()) if since else 0.0
