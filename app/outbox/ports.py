"""What the outbox needs from the outside: a way to hand over a mail."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from app.contacts.states import Stream
from app.core.errors import ReclaimError


@dataclass(frozen=True, slots=True)
class Letter:
    """A finished mail. `message_id` is deterministic and also the idempotency key where one is taken."""

    message_id: str
    sender: str  # "Acme <billing@acme.example>"
    to: str  # address only
    subject: str
    text: str
    html: str
    reply_to: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    stream: Stream = Stream.TRANSACTIONAL


@dataclass(frozen=True, slots=True)
class WaysOut:
    """Where the reader of a marketing mail says no, and where they say what they want instead."""

    unsubscribe_url: str
    preferences_url: str


@dataclass(frozen=True, slots=True)
class Stop:
    """A mail must not leave now. `until`: when to ask again; None: it never may.

    `moved`: `until` is its new time, from which it counts as late.
    """

    reason: str
    until: datetime | None = None
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server has taken the mail over. `provider_id`: its own name for it, if it told one."""

    provider_id: str | None = None


class MailRefused(ReclaimError):
    """The server said no for good (5xx). Certain: it did not leave."""

    code = "mail_refused"


class MailDeferred(ReclaimError):
    """The server said not now (4xx, 421, no connection) before acceptance. Certain: it did not leave."""

    code = "mail_deferred"

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class MailInDoubt(ReclaimError):
    """The line broke or timed out after the content went over: it may have left."""

    code = "mail_in_doubt"


class MailTransport(Protocol):
    """One way out. `resend_in_doubt_for`: how long the server itself refuses a second copy under the same
    key (zero: it does not, so a doubtful mail is never sent again)."""

    resend_in_doubt_for: timedelta

    def send(self, letter: Letter) -> Accepted:
        """Hand over one mail; raises MailRefused, MailDeferred or MailInDoubt, nothing else."""
        ...

    def close(self) -> None: ...
