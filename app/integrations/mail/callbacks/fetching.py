"""GET from Amazon SNS: certificates, and the address that confirms a subscription."""

from __future__ import annotations

import httpx

from app.core.errors import NotStored

TIMEOUT_SECONDS = 5.0
_LARGEST = 64 * 1024


def fetch(url: str) -> bytes:
    """The body at an https address; raises NotStored, so that the sender comes again.

    Redirects are not followed: whoever asks has checked this host, and no other.
    """
    try:
        response = httpx.get(url, timeout=TIMEOUT_SECONDS, follow_redirects=False)
    except httpx.HTTPError as error:
        raise NotStored(f"no answer from Amazon SNS: {type(error).__name__}") from error
    if response.status_code != 200 or len(response.content) > _LARGEST:
        raise NotStored(f"Amazon SNS answered {response.status_code}")
    return response.content
