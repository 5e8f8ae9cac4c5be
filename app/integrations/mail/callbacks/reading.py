"""What the readings of all providers share: addresses, instants, and the envelope that intake stores."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import TypeVar

import msgspec

from app.core.errors import BadEvent
from app.core.text import clean_line
from app.inbound.ports import Envelope
from app.integrations.mail.addresses import ADDRESS_LIMIT

Shape = TypeVar("Shape")

DETAIL_LIMIT = 200
_ID = re.compile(r"[A-Za-z0-9_.:@+=\-]{1,255}")
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def decoded(body: bytes | str, shape: type[Shape]) -> Shape:
    """A JSON body of this shape; fields that the shape does not name are passed over. Raises BadEvent."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadEvent(f"the body is not a callback: {type(error).__name__}") from None


def address_in(value: str | None) -> str:
    """`Ada <ada@example.com>` is `ada@example.com`. Raises BadEvent for what holds no address."""
    address = parseaddr(value or "")[1].strip()
    if "@" not in address.strip("@") or len(address) > ADDRESS_LIMIT:
        raise BadEvent("the callback names no mail address")
    return address


def instant(value: datetime) -> datetime:
    """Aware UTC; raises BadEvent for one without a zone, or of another century."""
    if value.tzinfo is None or not _EARLIEST <= value < _LATEST:
        raise BadEvent("the callback's time is not believable")
    return value.astimezone(UTC)


def one_line(words: str | None, address: str) -> str:
    """A server's words without the address: they are stored, shown and logged."""
    hidden = re.sub(re.escape(address), "(recipient)", words or "", flags=re.IGNORECASE)
    return clean_line(hidden, DETAIL_LIMIT)


def bare_id(value: str | None) -> str | None:
    """An id without angle brackets; None for what is none, so that it is never stored."""
    found = (value or "").strip().strip("<>")
    return found if _ID.fullmatch(found) else None


def envelope(event_id: str | None, type_: str, created: datetime, *named: str | None) -> Envelope:
    """The columns of a stored callback. `named`: what its mail is called; the first one is the object's id."""
    if not event_id or not _ID.fullmatch(event_id):
        raise BadEvent("the callback has no id")
    ids = [i for i in map(bare_id, named) if i]
    refs = f" {' '.join(dict.fromkeys(ids))} " if ids else " "
    return Envelope(
        id=event_id,
        type=type_,
        created=instant(created),
        livemode=None,
        api_version=None,
        account=None,
        object_id=ids[0] if ids else None,
        customer_id=None,
        refs=refs,
    )
