"""The two times. Business time is injected and may be a test clock; real time is never replaced."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Business time, aware UTC: due times, sending hours, caps, link lifetimes, statistics."""


def real_now() -> datetime:
    """Real time, aware UTC: signature ages, leases, cookies. Also the default business clock."""
    return datetime.now(UTC)


def real_seconds() -> float:
    """Real time in seconds since 1970, for signature ages and cookie lifetimes."""
    return time.time()


def from_unix(seconds: int | float) -> datetime:
    """A provider's Unix time as an aware UTC instant."""
    return datetime.fromtimestamp(seconds, UTC)
