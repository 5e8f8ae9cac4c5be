"""DKIM (RFC 6376) where we hand mails over ourselves. The HTTP providers sign what goes through them.

The signature names the headers it covers, present or not: one that is not there cannot be put in later, so
nobody can add a way to unsubscribe that is theirs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import dkim
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from app.core.errors import ConfigurationError
from app.outbox.ports import MailDeferred

COVERED = (
    "from", "to", "subject", "date", "message-id", "reply-to", "list-unsubscribe", "list-unsubscribe-post",
    "mime-version", "content-type", "content-transfer-encoding",
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_FEWEST_BITS = 1024  # RFC 8301; receivers ignore shorter ones


@dataclass(frozen=True, slots=True)
class DkimSigner:
    """Signs for `domain` with the key that `selector._domainkey.domain` publishes. Any thread may use it."""

    domain: str
    selector: str
    key: bytes = field(repr=False)

    def signed(self, mail: bytes) -> bytes:
        """The mail with its signature in front; raises MailDeferred, as nothing has left yet."""
        try:
            header: bytes = dkim.sign(
                mail,
                self.selector.encode(),
                self.domain.encode(),
                self.key,
                canonicalize=(b"relaxed", b"relaxed"),
                include_headers=[name.encode() for name in COVERED],
            )
        except (dkim.DKIMException, ValueError) as error:
            raise MailDeferred(f"the mail could not be signed: {type(error).__name__}") from error
        return header + mail


def signer_for(domain: str | None, selector: str | None, key: str | None) -> DkimSigner | None:
    """A signer from the three variables, or None where none is set. Raises ConfigurationError, never the key.

    `key`: a private RSA key as PEM (line ends may be written as `\\n`), or the path of a file that holds it.
    """
    if not (domain or selector or key):
        return None
    if not (domain and selector and key):
        raise ConfigurationError(
            "RECLAIM_DKIM_DOMAIN, RECLAIM_DKIM_SELECTOR and RECLAIM_DKIM_KEY go together"
        )
    if not _NAME.fullmatch(domain) or not _NAME.fullmatch(selector):
        raise ConfigurationError("RECLAIM_DKIM_DOMAIN and RECLAIM_DKIM_SELECTOR must be names of DNS")
    return DkimSigner(domain, selector, _private_key(key))


def _private_key(given: str) -> bytes:
    try:
        pem = given.replace("\\n", "\n").encode() if "-----BEGIN" in given else Path(given).read_bytes()
        found = load_pem_private_key(pem, password=None)
    except OSError as error:
        raise ConfigurationError(f"RECLAIM_DKIM_KEY: the file cannot be read: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise ConfigurationError(
            "RECLAIM_DKIM_KEY must be a private key as PEM, without a password"
        ) from error
    if not isinstance(found, RSAPrivateKey) or found.key_size < _FEWEST_BITS:
        raise ConfigurationError(f"RECLAIM_DKIM_KEY must be an RSA key of {_FEWEST_BITS} bits or more")
    return found.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
