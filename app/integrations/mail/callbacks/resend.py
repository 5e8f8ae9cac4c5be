"""Resend's webhooks. They travel by Svix, which signs id, time and body as Standard Webhooks do.

A repeated delivery keeps its `svix-id`, and that is the event's id here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

from app.core.errors import BadEvent, BadSignature, ConfigurationError
from app.feedback.facts import MailBounced, MailClicked, MailComplained, MailFeedback, MailUnsubscribed
from app.inbound.ports import Door, Envelope
from app.inbound.states import Source
from app.integrations.mail.callbacks.reading import address_in, bare_id, decoded, envelope, instant, one_line
from app.integrations.mail.callbacks.replies import reply
from app.outbox.states import BounceKind

PATH = "/webhooks/mail/resend"
_HEADERS = {
    b"svix-id": "webhook-id",
    b"svix-timestamp": "webhook-timestamp",
    b"svix-signature": "webhook-signature",
}
_TYPE = re.compile(r"[a-z_.]{1,64}")


class _Reason(msgspec.Struct):
    type: str | None = None
    message: str | None = None


class _Click(msgspec.Struct):
    link: str = ""


class _Mail(msgspec.Struct):
    to: list[str]
    email_id: str | None = None
    message_id: str | None = None
    bounce: _Reason = msgspec.field(default_factory=_Reason)
    suppressed: _Reason = msgspec.field(default_factory=_Reason)
    click: _Click = msgspec.field(default_factory=_Click)


class _Incoming(msgspec.Struct):
    """A mail to the receiving domain. Resend tells of it without words and headers; some relays add these."""

    from_: str = msgspec.field(name="from")
    email_id: str | None = None
    message_id: str | None = None
    subject: str | None = None
    headers: dict[str, str] = {}


class _Contact(msgspec.Struct):
    email: str
    unsubscribed: bool = False


class _Event(msgspec.Struct):
    type: str
    created_at: datetime
    data: msgspec.Raw


def resend_door(secrets: Sequence[str]) -> Door:
    """Opened by a signature of any `whsec_...`, at most five minutes old by real time."""
    known = [_webhook(secret) for secret in secrets]

    def admit(headers: Mapping[bytes, bytes], body: bytes, now_seconds: float) -> Envelope:
        told = {theirs: headers.get(ours, b"").decode("latin-1") for ours, theirs in _HEADERS.items()}
        if not any(_signed(webhook, told, body) for webhook in known):
            raise BadSignature("no signature matches a secret we know, or its time is over")
        return _envelope(told["webhook-id"], body)

    return Door(PATH, Source.RESEND, frozenset(_HEADERS), admit if known else None)


def facts(body: bytes) -> list[MailFeedback]:
    """What a body tells; nothing for deliveries and opens. Raises BadEvent."""
    return list(_facts(decoded(body, _Event)))


def _webhook(secret: str) -> Webhook:
    try:
        return Webhook(secret)
    except (ValueError, EmptyWebhookSecretError) as error:
        raise ConfigurationError(
            "RECLAIM_RESEND_WEBHOOK_SECRETS: a secret reads whsec_ and base64"
        ) from error


def _signed(webhook: Webhook, headers: dict[str, str], body: bytes) -> bool:
    try:
        webhook.verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):  # some mangled headers end in a ValueError there
        return False
    return True


def _envelope(event_id: str, body: bytes) -> Envelope:
    event = decoded(body, _Event)
    if not _TYPE.fullmatch(event.type):
        raise BadEvent("the callback's type has characters that no type has")
    list(_facts(event))  # what cannot be read is refused here, not found by a worker later
    ids = decoded(bytes(event.data), dict[str, Any])
    named = [i for i in (ids.get("email_id"), ids.get("message_id")) if isinstance(i, str)]
    return envelope(event_id, event.type, event.created_at, *named)


def _facts(event: _Event) -> Iterator[MailFeedback]:
    data, at = bytes(event.data), instant(event.created_at)
    match event.type:
        case "email.bounced" | "email.suppressed" | "email.complained" | "email.clicked":
            mail = decoded(data, _Mail)
            for recipient in mail.to:
                yield _about(event.type, mail, address_in(recipient), at)
        case "email.received":
            came = decoded(data, _Incoming)
            headers = {name.lower(): value for name, value in came.headers.items()}
            yield reply(
                Source.RESEND,
                sender=came.from_,
                subject=came.subject,
                headers=headers,
                name=came.email_id,
                at=at,
            )
        case "contact.updated" | "contact.created":
            # A contact that is subscribed again may be the merchant's doing, so only the other way counts.
            contact = decoded(data, _Contact)
            if contact.unsubscribed:
                yield MailUnsubscribed(address=address_in(contact.email), at=at, source=Source.RESEND)


def _about(type_: str, mail: _Mail, address: str, at: datetime) -> MailFeedback:
    ids = {"provider_id": bare_id(mail.email_id), "message_id": bare_id(mail.message_id)}
    if type_ == "email.complained":
        return MailComplained(address=address, at=at, source=Source.RESEND, **ids)
    if type_ == "email.clicked":
        return MailClicked(address=address, at=at, source=Source.RESEND, link=mail.click.link, **ids)
    if type_ == "email.suppressed":  # it has bounced or complained there before, and was not even tried
        kind, words = BounceKind.HARD, mail.suppressed.message
    else:
        kind = BounceKind.HARD if mail.bounce.type == "Permanent" else BounceKind.SOFT
        words = mail.bounce.message
    detail = one_line(words, address)
    return MailBounced(address=address, at=at, source=Source.RESEND, kind=kind, detail=detail, **ids)
