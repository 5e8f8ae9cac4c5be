"""Tolerant readers of decoded JSON: a value of the wrong type is None, never an exception.

A body is old or new in each field by itself (an account pinned to an old version still receives the
new fields), so callers coalesce paths: the new one, then the old one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from app.core.clock import from_unix

Json = dict[str, Any]

EMPTY: Json = {}
MAX_TEXT = 500
MAX_AMOUNT = 2**63 - 1  # what a BIGINT column holds
MAX_COUNT = 2**31 - 1
MAX_SECONDS = 253_402_300_799  # the last second of the year 9999


def text(value: object, limit: int = MAX_TEXT) -> str | None:
    """A non-empty string a database can hold; NUL is refused by PostgreSQL, so it is by us."""
    if isinstance(value, str) and value and len(value) <= limit and "\x00" not in value:
        return value
    return None


def integer(value: object, limit: int = MAX_AMOUNT) -> int | None:
    """A whole number within limits; JSON booleans are none."""
    if type(value) is int and -limit <= value <= limit:
        return value
    return None


def amount(value: object) -> int:
    """Minor units; 0 where the body does not say."""
    found = integer(value)
    return 0 if found is None else found


def flag(value: object) -> bool:
    """True only for a JSON true."""
    return value is True


def instant(value: object) -> datetime | None:
    """Unix seconds as an aware UTC instant. 0 and below mean "not set" in old bodies."""
    if type(value) is float and 0 < value <= MAX_SECONDS:
        return from_unix(value)
    seconds = integer(value, MAX_SECONDS)
    return from_unix(seconds) if seconds is not None and seconds > 0 else None


def written_instant(value: object) -> datetime | None:
    """An instant of either era: Unix seconds, or ISO 8601 with a zone as thin events have it."""
    if not isinstance(value, str):
        return instant(value)
    try:
        found = datetime.fromisoformat(value)
        return None if found.tzinfo is None else from_unix(found.timestamp())
    except (ValueError, OverflowError):
        return None


def part(value: object) -> Json:
    """The value if it is an object, an empty one otherwise."""
    return value if isinstance(value, dict) else EMPTY


def parts(value: object) -> Iterator[Json]:
    """The objects of a list, be it bare or the provider's `{"object": "list", "data": [...]}`."""
    rows = value.get("data") if isinstance(value, dict) else value
    if isinstance(rows, list):
        for row in rows:
            if isinstance(row, dict):
                yield row


def reference(value: object) -> str | None:
    """The id behind a reference, be it an id or the expanded object."""
    return text(value.get("id")) if isinstance(value, dict) else text(value)
