"""Words that people typed, made safe to print in a mail: one line, no control or direction characters."""

from __future__ import annotations

import re
import unicodedata

MAX_NAME = 100
MAX_LABEL = 120
MAX_EMAIL = 254
MAX_TYPED = 2000

# Cc control, Cs lone surrogate, Co private use, Cn unassigned, Zl and Zp line and paragraph separator.
# Of Cf (format) only the joiners stay: Persian, Indic scripts and emoji need them.
REFUSED = frozenset(("Cc", "Cs", "Co", "Cn", "Zl", "Zp", "Cf"))
JOINERS = "\u200c\u200d"

# A greeting that starts with somebody else's link is a known way to send spam through a shop.
LINK = re.compile(
    r"://|\bwww\.|@|\w\w\.(?:com|net|org|info|biz|io|co|ru|cn|xyz|top|app|dev|me|tk|ly|link|site|online|shop)\b",
    re.IGNORECASE,
)
COUNTED = re.compile(r"^\d+\s*[×x]\s+")
PRICED = re.compile(r"\s*\([^()]*\d[^()]*/[^()]*\)$")


def clean(value: object, limit: int) -> str | None:
    """One printable line of at most `limit` characters, or None if nothing is left."""
    if not isinstance(value, str) or not value:
        return None
    kept = value[:MAX_TYPED]
    if not kept.isprintable():
        kept = "".join(_kept(char) for char in kept)
    return " ".join(kept.split())[:limit].rstrip() or None


def _kept(char: str) -> str:
    if unicodedata.category(char) not in REFUSED or char in JOINERS:
        return char
    return " " if char.isspace() else ""


def name(value: object) -> str | None:
    """A person's or company's name; None where it holds a link or an address."""
    found = clean(value, MAX_NAME)
    return None if found is None or LINK.search(found) else found


def label(value: object) -> str | None:
    """What is billed, as a customer would call it.

    The provider writes lines as `1 × Gold plan (at $10.00 / month)`; this gives `Gold plan`.
    """
    found = clean(value, MAX_TYPED)
    if found is None:
        return None
    bare = PRICED.sub("", COUNTED.sub("", found)) if found[0].isdigit() else found
    return (bare or found)[:MAX_LABEL].rstrip()


def email(value: object) -> str | None:
    """An address with one @ and nothing that could break a mail header."""
    if not isinstance(value, str):
        return None
    found = value.strip()
    if len(found) > MAX_EMAIL or found.count("@") != 1 or not found.isprintable() or " " in found:
        return None
    return None if found[0] == "@" or found[-1] == "@" else found


def web_address(value: object) -> str | None:
    """A page's address; anything but http and https is None."""
    if isinstance(value, str) and len(value) <= MAX_TYPED and value.startswith(("https://", "http://")):
        return value if value.isprintable() and " " not in value else None
    return None
