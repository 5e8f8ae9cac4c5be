"""Sealed content: readable only with one of the secret keys, and never by searching the database."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core.errors import ReclaimError


class Unreadable(ReclaimError):
    """What was sealed cannot be opened: its key is no longer among the secret keys, or it was changed."""

    code = "sealed_unreadable"


class Sealer:
    """Fernet under keys that are derived from the secret keys for one use: the first seals, all of them open.

    `name` says which key seals now; it tells nothing of the key.
    """

    def __init__(self, secret_keys: Sequence[str], use: str) -> None:
        derived = [_derive(key, use) for key in secret_keys]
        self._fernet = MultiFernet([Fernet(key) for key in derived])
        self.name = hashlib.sha256(derived[0]).hexdigest()[:16]

    def seal(self, content: bytes) -> bytes:
        return self._fernet.encrypt(content)

    def open(self, sealed: bytes) -> bytes:
        """Raises Unreadable."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise Unreadable("none of RECLAIM_SECRET_KEYS opens it") from error

    def again(self, sealed: bytes) -> bytes:
        """The same content under the key that seals now; raises Unreadable."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken as error:
            raise Unreadable("none of RECLAIM_SECRET_KEYS opens it") from error


def _derive(key: str, use: str) -> bytes:
    derived = HKDF(SHA256(), length=32, salt=None, info=f"reclaim.{use}".encode()).derive(key.encode())
    return urlsafe_b64encode(derived)
