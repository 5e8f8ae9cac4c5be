"""Opaque cursors of lists: the sort key of the last row, so that new rows never shift a page."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime

from app.core.errors import InvalidInput

LONGEST = 300


def encode(at: datetime, key: str) -> str:
    """The cursor behind the row that was dated `at` and is named `key`."""
    text = json.dumps([at.astimezone(UTC).isoformat(), key], separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str | None) -> tuple[datetime, str] | None:
    """The sort key in a cursor, None for none; raises InvalidInput for anything we did not make."""
    if cursor is None:
        return None
    try:
        if len(cursor) > LONGEST:
            raise ValueError
        at, key = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        when = datetime.fromisoformat(at)
        if not isinstance(key, str) or when.tzinfo is None or "\x00" in key:
            raise ValueError
        return when, key
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InvalidInput("cursor: not one of ours; leave it out to start at the beginning") from error
