"""What a sender is told. Made beforehand, so that nothing a sender wrote comes back."""

from __future__ import annotations

import json
from collections.abc import Sequence

from app.core.errors import BadEvent, BadSignature, NotConfigured, NotStored

Response = tuple[int, Sequence[tuple[bytes, bytes]], bytes]
"""Status, headers, body."""


def _response(status: int, kind: bytes, body: bytes, *headers: tuple[bytes, bytes]) -> Response:
    return (
        status,
        ((b"content-type", kind), (b"content-length", str(len(body)).encode()), *headers),
        body,
    )


def _ok(body: bytes) -> Response:
    return _response(200, b"application/json", body)


def _problem(status: int, code: str, title: str, *headers: tuple[bytes, bytes]) -> Response:
    """RFC 9457."""
    body = {"type": "about:blank", "title": title, "status": status, "code": code}
    return _response(status, b"application/problem+json", json.dumps(body).encode(), *headers)


_CLOSE = (b"connection", b"close")  # the rest of the body is not read
_LATER = (b"retry-after", b"10")
STORED = _ok(b'{"stored":1}')
DUPLICATE = _ok(b'{"duplicate":true}')
NOBODY = _response(400, b"text/plain", b"", _CLOSE)  # the sender hung up
BAD_SIGNATURE = _problem(400, BadSignature.code, "The signature or its timestamp is not acceptable.")
BAD_EVENT = _problem(400, BadEvent.code, "The body is not an event.")
METHOD_NOT_ALLOWED = _problem(
    405, "method_not_allowed", "Only POST is accepted here.", (b"allow", b"POST"), _CLOSE
)
TOO_SLOW = _problem(408, "body_too_slow", "The body did not arrive in time.", _CLOSE)
TOO_LARGE = _problem(413, "body_too_large", "A body may have 256 KiB.", _CLOSE)
NOT_CONFIGURED = _problem(
    503, NotConfigured.code, "No webhook signing secret is configured on this server.", _LATER, _CLOSE
)
NOT_STORED = _problem(503, NotStored.code, "The event could not be stored; deliver it again.", _LATER)
