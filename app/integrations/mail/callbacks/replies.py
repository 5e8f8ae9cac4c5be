"""What readings of incoming mails share: who wrote, what it answers, and when."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from app.core.errors import BadEvent
from app.feedback.automatic import why_automatic
from app.feedback.facts import MailAnswered
from app.integrations.mail.callbacks.reading import address_in, bare_id, instant

MOST_REFERENCES = 20
UNTOLD = datetime(2000, 1, 1, tzinfo=UTC)
"""The date of a mail whose own is none; nothing is decided by it."""
_ZONE_WITH_COLON = re.compile(r"\s([+-]\d\d):(\d\d)\b")


def reply(
    source: str,
    *,
    sender: str | None,
    subject: str | None,
    headers: Mapping[str, str],
    name: str | None,
    at: datetime | None,
) -> MailAnswered:
    """A mail that came in. `headers` by lower-case name. Raises BadEvent where no sender is named."""
    address = address_in(sender)
    return MailAnswered(
        address=address,
        at=at or UNTOLD,
        source=source,
        provider_id=bare_id(name),
        answers_to=named_in(headers.get("in-reply-to", ""), headers.get("references", "")),
        automatic=why_automatic(address, subject or "", headers),
    )


def named_in(in_reply_to: str, references: str) -> tuple[str, ...]:
    """The Message-IDs that a mail answers, the nearest first: In-Reply-To, then References from the end."""
    words = [*in_reply_to.split(), *reversed(references.split())]
    found = [i for word in words if (i := bare_id(word)) and "@" in i]
    return tuple(dict.fromkeys(found))[:MOST_REFERENCES]


def mail_date(value: str | None) -> datetime | None:
    """A Date header as it comes (RFC 5322, its zone perhaps with a colon); None where it is none, or absurd."""
    try:
        found = parsedate_to_datetime(_ZONE_WITH_COLON.sub(r" \1\2", value or ""))
        return instant(found.replace(tzinfo=UTC) if found.tzinfo is None else found)
    except (BadEvent, ValueError, TypeError, IndexError, OverflowError):
        return None
