"""Webhook signatures, checked on bytes. Source: Stripe, "Verify webhook signatures manually".

Our own and not the SDK's, because that one accepts timestamps from the future and answers some
forged headers with TypeError or UnicodeDecodeError. On valid headers both agree (test_signature.py).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence

from app.core.errors import BadSignature

TOLERANCE_SECONDS = 300
MAX_ITEMS = 128  # a header carries one signature per secret in use; more is an attack on our time
_TIMESTAMP = re.compile(rb"[0-9]{1,12}")
_SIGNATURE = re.compile(rb"[0-9a-f]{64}")


def verify(header: bytes, body: bytes, secrets: Sequence[bytes], now_seconds: float) -> None:
    """Raise BadSignature unless one of `secrets` signed these very bytes at most 300 s from now.

    `header`: `t=<unix seconds>,v1=<hex hmac-sha256 of "t.body">[,v1=...][,other=...]`. Several
    signatures and several secrets are normal while a secret is being replaced.
    """
    timestamp, signatures = _parse(header)
    if abs(now_seconds - int(timestamp)) > TOLERANCE_SECONDS:
        raise BadSignature("the timestamp is more than 300 seconds away from our clock")
    signed = timestamp + b"." + body
    for secret in secrets:
        if not secret:
            continue  # anybody can sign with an empty secret
        expected = hmac.digest(secret, signed, "sha256").hex().encode()
        for signature in signatures:
            if hmac.compare_digest(expected, signature):
                return
    raise BadSignature("no signature matches a secret we know")


def sign(body: bytes, secret: bytes, timestamp: int) -> bytes:
    """The header that `verify` accepts: for the stand-in provider, the demo and the tests."""
    moment = b"%d" % timestamp
    return b"t=" + moment + b",v1=" + hmac.digest(secret, moment + b"." + body, "sha256").hex().encode()


def _parse(header: bytes) -> tuple[bytes, list[bytes]]:
    items = header.split(b",", MAX_ITEMS)
    if len(items) > MAX_ITEMS:
        raise BadSignature("too many items in the signature header")
    timestamp = None
    signatures = []
    for item in items:
        key, _, value = item.partition(b"=")
        if key == b"t":
            if timestamp is not None or not _TIMESTAMP.fullmatch(value):
                raise BadSignature("the timestamp is not one number")
            timestamp = value
        elif key == b"v1" and _SIGNATURE.fullmatch(value):
            signatures.append(value)
    if timestamp is None or not signatures:
        raise BadSignature("the header has no timestamp or no v1 signature")
    return timestamp, signatures
