"""Posting deliveries over kept-open connections.

By urllib3 and not by a client that does more: a year of a small business is a hundred thousand posts.
"""

from __future__ import annotations

import atexit

import urllib3

TIMEOUT_SECONDS = 20.0
NO_ANSWER = 0

_lines = urllib3.PoolManager(num_pools=8, maxsize=16, retries=False, timeout=TIMEOUT_SECONDS)
atexit.register(_lines.clear)


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """The receiver's status, or NO_ANSWER. A redirect is an answer like any other, and not followed."""
    try:
        return _lines.request("POST", url, body=body, headers=headers, redirect=False).status
    except urllib3.exceptions.HTTPError:
        return NO_ANSWER
