"""The sandbox's own time, in whole Unix seconds, and the one place that reads real time.

Sandbox time stands still until somebody moves it, so that a dated test sees exactly the dates it asks for.
Real time is used for one thing only: the `t=` of a delivery's signature, which the receiver holds against
its own wall clock.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

DAY = 86_400
HOUR = 3_600


class Clock:
    """Sandbox time; it only moves forward, except inside a test's back-dating helper."""

    def __init__(self, start: datetime) -> None:
        self.now: int = as_seconds(start)

    def move_to(self, instant: int) -> None:
        """Move forward; an earlier instant leaves the clock where it is."""
        self.now = max(self.now, instant)


def as_seconds(moment: datetime) -> int:
    """Unix seconds of an aware datetime; a naive one is a mistake of the caller."""
    if moment.tzinfo is None:
        raise ValueError("the sandbox clock takes aware datetimes only")
    return int(moment.timestamp())


def as_datetime(instant: int) -> datetime:
    return datetime.fromtimestamp(instant, UTC)


def parse_instant(text: str) -> int:
    """Unix seconds from ISO 8601 (without an offset it is UTC) or from a plain number of seconds."""
    if text.isdigit():
        return int(text)
    moment = datetime.fromisoformat(text)
    return as_seconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def iso(instant: int) -> str:
    return as_datetime(instant).isoformat().replace("+00:00", "Z")


def real_now() -> int:
    """Wall-clock seconds, for signatures only."""
    return int(time.time())
