"""What became of a message that somebody waits for, as it re-enters by the front door."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import msgspec

HOOK_SETTLED = "reclaim.hook.settled"


@dataclass(frozen=True, slots=True)
class HookSettled:
    """An endpoint acknowledged an announcement (`sent`), or it is certain that none will (other states).

    `key`, `type` and `data` are the announcement's; `sent` may come once an endpoint. `at` is business time.
    """

    message_id: str
    endpoint_id: str
    customer_id: str
    type: str
    key: str
    state: str
    at: datetime
    data: dict[str, Any]
    detail: str | None = None


def body_of(fact: HookSettled) -> bytes:
    """The fact as a stored body."""
    return msgspec.json.encode(asdict(fact))


def read(event_type: str, body: bytes) -> HookSettled | None:
    """The fact in a stored body, or None for another type."""
    return msgspec.json.decode(body, type=HookSettled) if event_type == HOOK_SETTLED else None
