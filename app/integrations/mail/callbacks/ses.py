"""Amazon SES by way of SNS. SES names its notifications in `eventType` (event publishing) or `notificationType`.

One notification may speak of several people. Handed over by SMTP, a mail is called by SES `Ok <id>` in its last
answer, and that is what our row holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from app.core.errors import BadEvent
from app.feedback.facts import (
    MailBounced,
    MailClicked,
    MailComplained,
    MailFeedback,
    MailResubscribed,
    MailUnsubscribed,
)
from app.inbound.ports import Door, Envelope
from app.inbound.states import Source
from app.integrations.mail.callbacks.reading import address_in, bare_id, decoded, envelope, instant, one_line
from app.integrations.mail.callbacks.sns import Fetch, SnsMessage, SnsVerifier, read_message
from app.outbox.states import BounceKind

PATH = "/webhooks/mail/ses"
_TYPE = re.compile(r"[A-Za-z ]{1,64}")


class _Header(msgspec.Struct):
    name: str
    value: str


class _Mail(msgspec.Struct, rename="camel"):
    message_id: str | None = None
    destination: list[str] = msgspec.field(default_factory=list)
    headers: list[_Header] = msgspec.field(default_factory=list)

    @property
    def ours(self) -> str | None:
        """Our own Message-ID, where SES is told to pass the headers on; its own replaces it in the mail."""
        return next((bare_id(h.value) for h in self.headers if h.name.lower() == "message-id"), None)


class _Person(msgspec.Struct, rename="camel"):
    email_address: str
    diagnostic_code: str | None = None


class _Bounce(msgspec.Struct, rename="camel"):
    bounce_type: str
    timestamp: datetime
    bounced_recipients: list[_Person]


class _Complaint(msgspec.Struct, rename="camel"):
    timestamp: datetime
    complained_recipients: list[_Person]
    complaint_feedback_type: str | None = None


class _Click(msgspec.Struct, rename="camel"):
    timestamp: datetime
    link: str = ""


class _Topics(msgspec.Struct, rename="camel"):
    unsubscribe_all: bool = False


class _Subscription(msgspec.Struct, rename="camel"):
    timestamp: datetime
    new_topic_preferences: _Topics
    old_topic_preferences: _Topics | None = None
    source: str | None = None
    contact_list: str | None = None


class _Notification(msgspec.Struct, rename="camel"):
    event_type: str | None = None
    notification_type: str | None = None
    mail: _Mail = msgspec.field(default_factory=_Mail)
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None
    click: _Click | None = None


class _Destination(msgspec.Struct, rename="camel"):
    destination: list[str] = msgspec.field(default_factory=list)


class _Preferences(msgspec.Struct, rename="camel"):
    subscription: _Subscription
    mail: _Destination


def ses_door(topics: Sequence[str], fetch: Fetch) -> Door:
    """Opened by messages that SNS has signed for one of these topics."""
    verifier = SnsVerifier(list(topics), fetch)

    def admit(headers: Mapping[bytes, bytes], body: bytes, now_seconds: float) -> Envelope:
        message = read_message(body)
        verifier.verify(message, now_seconds)
        return _envelope(message, body)

    # Admitting may fetch a certificate, so it runs in a thread.
    return Door(PATH, Source.SES, frozenset(), admit if topics else None, waits=True)


def facts(body: bytes) -> list[MailFeedback]:
    """What a stored message tells; nothing for deliveries and opens. Raises BadEvent."""
    message = read_message(body)
    return list(_facts(message.message)) if message.type == "Notification" else []


def address_to_confirm(body: bytes, topics: Sequence[str]) -> str | None:
    """Where to go to join a topic of ours, if that is what a stored message asks for."""
    message = read_message(body)
    ours = SnsVerifier(list(topics), lambda _: b"").is_confirmation_of_ours(message)
    return message.subscribe_url if ours else None


def _envelope(message: SnsMessage, body: bytes) -> Envelope:
    if message.type != "Notification":
        return envelope(message.message_id, message.type, message.sent_at)
    note = _notification(message.message)
    kind = note.event_type or note.notification_type or "Notification"
    if not _TYPE.fullmatch(kind):
        raise BadEvent("the notification's type has characters that no type has")
    facts(body)  # what cannot be read is refused here, not found by a worker later
    return envelope(message.message_id, kind, message.sent_at, note.mail.message_id, note.mail.ours)


def _notification(text: str) -> _Notification:
    # SNS greets a new destination in plain words; SES itself always writes an object.
    return decoded(text, _Notification) if text.startswith("{") else _Notification()


def _facts(text: str) -> Iterator[MailFeedback]:
    note = _notification(text)
    ids = {
        "provider_id": f"Ok {note.mail.message_id}" if note.mail.message_id else None,
        "message_id": note.mail.ours,
        "source": str(Source.SES),
    }
    match note.event_type or note.notification_type:
        case "Bounce":
            yield from _bounces(note.bounce, ids)
        case "Complaint":
            yield from _complaints(note.complaint, ids)
        case "Click":
            yield from _clicks(note, ids)
        case "Subscription":
            yield from _subscriptions(decoded(text, _Preferences))


def _bounces(bounce: _Bounce | None, ids: dict[str, str | None]) -> Iterator[MailFeedback]:
    if bounce is None:
        raise BadEvent("a bounce that says nothing")
    kind = BounceKind.HARD if bounce.bounce_type == "Permanent" else BounceKind.SOFT
    for person in bounce.bounced_recipients:
        address = address_in(person.email_address)
        detail = one_line(person.diagnostic_code, address)
        yield MailBounced(address=address, at=instant(bounce.timestamp), kind=kind, detail=detail, **ids)  # type: ignore[arg-type]


def _complaints(complaint: _Complaint | None, ids: dict[str, str | None]) -> Iterator[MailFeedback]:
    if complaint is None:
        raise BadEvent("a complaint that says nothing")
    if (
        complaint.complaint_feedback_type == "not-spam"
    ):  # the opposite: a mail was taken out of the spam folder
        return
    for person in complaint.complained_recipients:
        yield MailComplained(address=address_in(person.email_address), at=instant(complaint.timestamp), **ids)  # type: ignore[arg-type]


def _clicks(note: _Notification, ids: dict[str, str | None]) -> Iterator[MailFeedback]:
    if note.click is None:
        raise BadEvent("a click that says nothing")
    for recipient in note.mail.destination[:1]:
        at = instant(note.click.timestamp)
        yield MailClicked(address=address_in(recipient), at=at, link=note.click.link, **ids)  # type: ignore[arg-type]


def _subscriptions(told: _Preferences) -> Iterator[MailFeedback]:
    """SES's own unsubscribe page: the person's doing, both ways."""
    change = told.subscription
    before = change.old_topic_preferences
    for recipient in told.mail.destination[:1]:
        address, at = address_in(recipient), instant(change.timestamp)
        if change.new_topic_preferences.unsubscribe_all:
            yield MailUnsubscribed(address=address, at=at, source=Source.SES)
        elif before is not None and before.unsubscribe_all:
            yield MailResubscribed(address=address, at=at, source=Source.SES)
