"""When a failed try is repeated, and when an endpoint is given up. Pure; business time."""

from __future__ import annotations

from datetime import datetime, timedelta

RETRIES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=10),
)
"""Waits after the first, second ... failed try, as Standard Webhooks advises."""
LONGEST_WISH = timedelta(hours=10)
GIVE_UP_AFTER = timedelta(days=5)
LONGEST_REST = timedelta(minutes=1)
FRESH = timedelta(days=30)
"""How long an acknowledgement says that somebody listens."""


def retry_delay(attempts: int, wish: timedelta | None = None) -> timedelta | None:
    """The wait after so many failed tries; None: no more. `wish`: the endpoint's own Retry-After."""
    if attempts > len(RETRIES):
        return None
    return max(RETRIES[attempts - 1], min(wish or timedelta(0), LONGEST_WISH))


def rest(failures: int) -> timedelta:
    """How long an endpoint that failed so often in a row is left alone: 5 seconds, doubling to a minute."""
    return min(timedelta(seconds=5 << min(failures - 1, 10)), LONGEST_REST)


def is_given_up(failing_since: datetime, now: datetime) -> bool:
    """Whether an endpoint has failed for so long that it is disabled."""
    return now - failing_since >= GIVE_UP_AFTER


def is_fresh(acknowledged_at: datetime | None, now: datetime) -> bool:
    return acknowledged_at is not None and now - acknowledged_at <= FRESH
