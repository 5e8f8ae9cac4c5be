"""What became of an effect, as it re-enters by the front door."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import msgspec

MAIL_SETTLED = "reclaim.mail.settled"
ACTION_SETTLED = "reclaim.action.settled"


@dataclass(frozen=True, slots=True)
class MailSettled:
    """A mail was sent, refused for good, left in doubt, stopped or withheld. `at` is business time."""

    mail_id: str
    case_id: str | None
    customer_id: str
    name: str
    purpose: str
    state: str
    at: datetime
    detail: str | None = None
    withheld: str | None = None


@dataclass(frozen=True, slots=True)
class ActionSettled:
    """A change at the provider was made, refused, or left in doubt."""

    action_id: str
    case_id: str | None
    customer_id: str
    name: str
    state: str
    at: datetime
    params: dict[str, Any]
    result: dict[str, Any] | None = None
    detail: str | None = None


OutboxFact = MailSettled | ActionSettled
_TYPES: dict[str, type[MailSettled] | type[ActionSettled]] = {
    MAIL_SETTLED: MailSettled,
    ACTION_SETTLED: ActionSettled,
}


def body_of(fact: OutboxFact) -> bytes:
    """The fact as a stored body."""
    return msgspec.json.encode(asdict(fact))


def read(event_type: str, body: bytes) -> OutboxFact | None:
    """The fact in a stored body, or None for a type of another time."""
    fact_type = _TYPES.get(event_type)
    return msgspec.json.decode(body, type=fact_type) if fact_type else None
