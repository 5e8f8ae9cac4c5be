"""Postmark's webhooks. Postmark signs nothing: the address it calls holds a user and a password."""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

import msgspec

from app.core.errors import BadEvent, BadSignature, ConfigurationError
from app.feedback.facts import (
    MailAnswered,
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
from app.integrations.mail.callbacks.replies import UNTOLD, mail_date, reply
from app.outbox.states import BounceKind

PATH = "/webhooks/mail/postmark"
_TYPE = re.compile(r"[A-Za-z]{1,64}")

# Postmark's bounce types. Any other (AutoResponder, ChallengeVerification, Subscribe, ...) says nothing about
# whether the address takes mail.
_HARD = frozenset({"HardBounce", "BadEmailAddress", "ManuallyDeactivated"})
_SOFT = frozenset(
    {"SoftBounce", "Transient", "DnsError", "Blocked", "SpamNotification", "DMARCPolicy", "Unknown"}
)


class _Event(msgspec.Struct, rename="pascal"):
    """The fields of the four record types that tell of mails of ours."""

    record_type: str
    message_i_d: str | None = msgspec.field(name="MessageID", default=None)
    i_d: int | None = msgspec.field(name="ID", default=None)
    type: str | None = None
    email: str | None = None
    recipient: str | None = None
    bounced_at: datetime | None = None
    changed_at: datetime | None = None
    received_at: datetime | None = None
    original_link: str | None = None
    description: str | None = None
    details: str | None = None
    suppress_sending: bool | None = None
    suppression_reason: str | None = None
    origin: str | None = None


class _Header(msgspec.Struct, rename="pascal"):
    name: str
    value: str = ""


class _Incoming(msgspec.Struct, rename="pascal"):
    """A mail to the inbound address; alone of all records it names no type."""

    message_id: str = msgspec.field(name="MessageID")
    message_stream: str
    from_: str = msgspec.field(name="From")
    subject: str = ""
    date: str = ""
    headers: list[_Header] = []


INBOUND = "Inbound"


class _Kind(msgspec.Struct, rename="pascal"):
    record_type: str = INBOUND


def postmark_door(logins: Sequence[str]) -> Door:
    """Opened by HTTP Basic with any of these `user:password`."""
    if not all(":" in login.strip(":") for login in logins):
        raise ConfigurationError("RECLAIM_POSTMARK_WEBHOOK_LOGINS: each reads user:password")
    known = [b64encode(login.encode()) for login in logins]

    def admit(headers: Mapping[bytes, bytes], body: bytes, now_seconds: float) -> Envelope:
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        # Every login is compared, so that the time taken tells nothing.
        matches = [hmac.compare_digest(given.strip(), login) for login in known]
        if scheme.lower() != b"basic" or not any(matches):
            raise BadSignature("the user or the password is not one we know")
        return _envelope(body)

    return Door(PATH, Source.POSTMARK, frozenset({b"authorization"}), admit if known else None)


def facts(body: bytes) -> list[MailFeedback]:
    """What a body tells; nothing for deliveries and opens. Raises BadEvent."""
    kind = decoded(body, _Kind).record_type
    if kind == INBOUND:
        return [_reply(decoded(body, _Incoming))]
    if kind not in ("Bounce", "SpamComplaint", "SubscriptionChange", "Click"):
        return []
    event = decoded(body, _Event)
    if event.record_type == "SubscriptionChange":
        return _subscription(event)
    if event.record_type == "Click":
        return _click(event)
    return _bounce(event)


def _envelope(body: bytes) -> Envelope:
    kind = decoded(body, _Kind).record_type
    if not _TYPE.fullmatch(kind):
        raise BadEvent("the callback's type has characters that no type has")
    if kind == INBOUND:
        mail = decoded(body, _Incoming)
        told_by = _reply(mail)
        return envelope(f"{kind}:{mail.message_id}", kind, told_by.at, mail.message_id, *told_by.answers_to)
    told = facts(body)
    # A bounce has a number; the others have none, and a repeated delivery has the same bytes.
    digest = sha256(body).hexdigest()[:32]
    if not told:
        return envelope(f"{kind}:{digest}", kind, _time_of(body))
    number = decoded(body, _Event).i_d
    fact = told[0]
    return envelope(f"{kind}:{number or digest}", kind, fact.at, fact.provider_id)


def _reply(mail: _Incoming) -> MailAnswered:
    headers = {h.name.lower(): h.value for h in reversed(mail.headers)}  # of two the first counts
    return reply(
        Source.POSTMARK,
        sender=mail.from_,
        subject=mail.subject,
        headers=headers,
        name=mail.message_id,
        at=mail_date(mail.date) or UNTOLD,
    )


class _Times(msgspec.Struct, rename="pascal"):
    delivered_at: datetime | None = None
    received_at: datetime | None = None
    bounced_at: datetime | None = None
    changed_at: datetime | None = None


def _time_of(body: bytes) -> datetime:
    times = decoded(body, _Times)
    found = times.bounced_at or times.changed_at or times.delivered_at or times.received_at
    if found is None:
        raise BadEvent("the callback names no time")
    return found


def _bounce(event: _Event) -> list[MailFeedback]:
    if event.bounced_at is None:
        raise BadEvent("a bounce without a time")
    address, at = address_in(event.email), instant(event.bounced_at)
    name = bare_id(event.message_i_d)
    if event.record_type == "SpamComplaint" or event.type == "SpamComplaint":
        return [MailComplained(address=address, at=at, source=Source.POSTMARK, provider_id=name)]
    if event.type == "Unsubscribe":
        return [MailUnsubscribed(address=address, at=at, source=Source.POSTMARK, provider_id=name)]
    if event.type not in _HARD | _SOFT:
        return []
    kind = BounceKind.HARD if event.type in _HARD else BounceKind.SOFT
    detail = one_line(event.details or event.description, address)
    return [
        MailBounced(
            address=address, at=at, source=Source.POSTMARK, provider_id=name, kind=kind, detail=detail
        )
    ]


def _click(event: _Event) -> list[MailFeedback]:
    if event.received_at is None:
        raise BadEvent("a click without a time")
    address, at = address_in(event.recipient), instant(event.received_at)
    name, link = bare_id(event.message_i_d), event.original_link or ""
    return [MailClicked(address=address, at=at, source=Source.POSTMARK, provider_id=name, link=link)]


def _subscription(event: _Event) -> list[MailFeedback]:
    """One record for both ways; only the person themselves may take an unsubscription back."""
    if event.changed_at is None or event.suppress_sending is None:
        raise BadEvent("a subscription change without a time or a direction")
    address, at = address_in(event.recipient), instant(event.changed_at)
    name = bare_id(event.message_i_d)
    if not event.suppress_sending:
        if event.origin != "Recipient":
            return []
        return [MailResubscribed(address=address, at=at, source=Source.POSTMARK, provider_id=name)]
    match event.suppression_reason:
        case "HardBounce":
            return [
                MailBounced(
                    address=address, at=at, source=Source.POSTMARK, provider_id=name, kind=BounceKind.HARD
                )
            ]
        case "SpamComplaint":
            return [MailComplained(address=address, at=at, source=Source.POSTMARK, provider_id=name)]
        case _:
            return [MailUnsubscribed(address=address, at=at, source=Source.POSTMARK, provider_id=name)]
