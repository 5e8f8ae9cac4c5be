"""What a mail provider or a customer has told us about a mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.outbox.states import BounceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """About whom and which mail. `provider_id`: the provider's own name for the mail, as it told it when it took
    it; `message_id`: our Message-ID. Either may be absent, and the mail may not be ours at all.
    `source`: who says so, for the record. `at`: the teller's time."""

    address: str
    at: datetime
    source: str
    provider_id: str | None = None
    message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailBounced(Told):
    """`detail`: the server's words on one line, without the address."""

    kind: BounceKind
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailComplained(Told):
    """The person has called a mail of ours spam."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailUnsubscribed(Told):
    """The person wants no more marketing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailResubscribed(Told):
    """The person, and nobody else, has taken their unsubscription back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailClicked(Told):
    """A link in a mail was followed, as the provider's own redirect has seen it. `link`: where it leads."""

    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAnswered(Told):
    """Somebody has written back. What they wrote is not part of it; it stays in the stored event for a while.

    `answers_to`: the Message-IDs that it names as what it answers, without brackets, the nearest first.
    `automatic`: what shows that a robot wrote it; None: a person.
    """

    answers_to: tuple[str, ...] = ()
    automatic: str | None = None


MailFeedback = MailBounced | MailComplained | MailUnsubscribed | MailResubscribed | MailAnswered | MailClicked
