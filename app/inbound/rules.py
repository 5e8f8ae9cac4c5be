"""When a failed event is tried again, and when two bodies of one event id are the same event."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

MAX_ATTEMPTS = 10
FIRST_DELAY_SECONDS = 5.0
LONGEST_DELAY_SECONDS = 6 * 3600.0


def retry_delay(attempts: int, jitter: float) -> timedelta:
    """How long an event rests after its `attempts`-th failure (1 = the first); `jitter` in [0, 1].

    Full jitter between 5 s and a ceiling that triples: 15 s, 45 s, 135 s ... 6 h from the eighth on.
    Tripling, because doubling from 5 s would not reach 6 h within ten tries.
    >>> retry_delay(1, 0.0), retry_delay(1, 1.0)
    (datetime.timedelta(seconds=5), datetime.timedelta(seconds=15))
    """
    ceiling = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 3.0 ** min(attempts, 20))
    return timedelta(seconds=FIRST_DELAY_SECONDS + jitter * (ceiling - FIRST_DELAY_SECONDS))


def is_dead(attempts: int) -> bool:
    """Whether an event that has failed so often is given up until a person replays it."""
    return attempts >= MAX_ATTEMPTS


def same_event(stored: bytes, delivered: bytes) -> bool:
    """Whether two bodies tell the same thing.

    `pending_webhooks` counts the deliveries still open, so it differs between honest copies. A body that was
    swept or erased is taken as the same: what comes again must not be kept aside instead.
    """
    if stored == delivered or not stored:
        return True
    left, right = _without_pending(stored), _without_pending(delivered)
    return left is not None and left == right


def _without_pending(body: bytes) -> dict[str, Any] | None:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    value.pop("pending_webhooks", None)
    return value
