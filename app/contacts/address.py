"""Mail addresses as suppressions know them: one spelling a mailbox, kept as a keyed hash.

Nothing is folded away that could be another person's mailbox: no dots, nothing after a plus sign.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

import idna

from app.core.errors import InvalidInput

ADDRESS_LIMIT = 254  # RFC 5321


def normalised(address: str) -> str:
    """The address NFKC-folded and in lower case, its domain in ASCII.

    `Ada@Bücher.Example ` is `ada@xn--bcher-kva.example`. Raises InvalidInput, which does not repeat it.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", address).strip().lower())
    local, at, domain = folded.rpartition("@")
    if not (at and local and domain) or any(c.isspace() or not c.isprintable() for c in folded):
        raise InvalidInput("this is not a mail address")
    try:
        host = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError) as error:
        raise InvalidInput("this is not a mail address: its domain does not exist in any spelling") from error
    whole = f"{local}@{host.rstrip('.')}"
    if len(whole.encode()) > ADDRESS_LIMIT or not all(c.isalnum() or c in "-._" for c in host):
        raise InvalidInput("this is not a mail address")
    return whole


def address_hash(key: str, address: str) -> str:
    """HMAC-SHA256 of the normalised address, 64 hex digits; raises InvalidInput."""
    return hmac.new(key.encode(), normalised(address).encode(), hashlib.sha256).hexdigest()


def hash_or_none(key: str, address: str | None) -> str | None:
    """As `address_hash`, and None for no address or for what is none."""
    try:
        return address_hash(key, address) if address else None
    except InvalidInput:
        return None
