"""Posting deliveries: one kept-open connection a thread, from the standard library.

A year of a small business is a hundred thousand posts; a full HTTP client takes longer over each than
receiver and sandbox together.
"""

from __future__ import annotations

import http.client
import threading
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 20.0
NO_ANSWER = 0

_mine = threading.local()


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """The receiver's status, or NO_ANSWER. A connection that has died meanwhile is opened once more."""
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "") or "/"
    for reused in (True, False):
        line = _line(parts.scheme, parts.netloc, reuse=reused)
        fresh = line.sock is None
        try:
            line.request("POST", target, body, headers)
            answer = line.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            line.close()
            if fresh:
                return NO_ANSWER
    return NO_ANSWER


def _line(scheme: str, netloc: str, *, reuse: bool) -> http.client.HTTPConnection:
    lines: dict[tuple[str, str], http.client.HTTPConnection] = _mine.__dict__.setdefault("lines", {})
    if not reuse or (scheme, netloc) not in lines:
        kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
        lines[scheme, netloc] = kind(netloc, timeout=TIMEOUT_SECONDS)
    return lines[scheme, netloc]
