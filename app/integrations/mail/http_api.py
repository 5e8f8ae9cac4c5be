"""What the HTTP mail providers have in common: one client, and what can be known when a call goes wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from app.core.errors import ConfigurationError
from app.core.text import clean_line
from app.outbox.ports import MailDeferred, MailInDoubt, MailRefused

# Raised before the request has gone out; every other failure of the line leaves doubt.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_REPLY_LIMIT = 200


def api_client(base_url: str, headers: dict[str, str], timeout: float) -> httpx.Client:
    """A client with kept connections. Redirects are not followed: they would carry the key elsewhere."""
    url = httpx.URL(base_url)
    if url.scheme not in {"http", "https"} or not url.host:
        raise ConfigurationError("RECLAIM_MAIL_URL: api must be an http or https address")
    loopback = url.host in {"localhost", "127.0.0.1", "::1"}
    return httpx.Client(base_url=url, headers=headers, timeout=timeout, trust_env=not loopback)


def post(client: httpx.Client, path: str, body: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
    """The provider's answer, whatever it says; raises MailDeferred or MailInDoubt where there is none."""
    try:
        return client.post(path, json=body, headers=headers)
    except _NEVER_SENT as error:
        raise MailDeferred(f"no connection to the mail provider: {type(error).__name__}") from error
    except httpx.HTTPError as error:
        raise MailInDoubt(f"no answer from the mail provider: {type(error).__name__}") from error


def answer(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer, or nothing."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def said(response: httpx.Response, recipient: str) -> str:
    """The provider's words without the recipient's address: they are stored, shown and logged."""
    body = answer(response)
    words = str(body.get("message") or body.get("Message") or "")
    return clean_line(f"{response.status_code} {words.replace(recipient, '(recipient)')}", _REPLY_LIMIT)


def retry_after(response: httpx.Response) -> timedelta | None:
    """The wait that a provider names in seconds; the dated form is not used by these two."""
    value = response.headers.get("retry-after", "")
    return timedelta(seconds=int(value)) if value.isdigit() and len(value) < 7 else None


def raise_by_status(response: httpx.Response, recipient: str) -> None:
    """The part of the meaning of a status that is the same everywhere.

    401 and 403 are about the key or the sender's domain, not about this mail: it waits for the operator.
    """
    status, words = response.status_code, said(response, recipient)
    if 200 <= status < 300:
        return
    if status in {401, 403, 429}:
        raise MailDeferred(words, retry_after(response))
    if 400 <= status < 500 and status not in {408, 409}:
        raise MailRefused(words)
    raise MailInDoubt(words)
