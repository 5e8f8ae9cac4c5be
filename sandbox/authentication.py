"""API keys: bearer or basic, and only the one the sandbox was started with."""

from __future__ import annotations

import base64
import binascii
import hmac

from sandbox.errors import unauthenticated

PREFIXES = ("sk_test_", "rk_test_")


def check_key(header: str | None, expected: str) -> None:
    """401 unless the request carries the configured secret or restricted test key."""
    given = _key_of(header)
    if given is None:
        raise unauthenticated(
            "You did not provide an API key. Send it as a bearer token or as the basic user name."
        )
    shown = f"{given[:8]}…{given[-4:]}"
    if not given.startswith(PREFIXES):
        raise unauthenticated(f"Invalid API Key provided: {shown}. The sandbox takes test keys only.")
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise unauthenticated(f"Invalid API Key provided: {shown}")


def _key_of(header: str | None) -> str | None:
    scheme, _, rest = (header or "").partition(" ")
    if scheme.lower() == "bearer" and rest.strip():
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest).decode().partition(":")[0] or None
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None
