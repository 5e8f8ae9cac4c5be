"""The one connection to the provider: official SDK, pinned API version, our pace, our errors.

The SDK sends the API version that it was made for, whatever the account's default is, so that every
object we read has one shape.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import stripe

from app.core.errors import ProviderError

TIMEOUT_SECONDS = 8
NETWORK_RETRIES = 2
READS_PER_SECOND = 25  # the provider's own limit for test keys, a quarter of that for live ones
RATE_LIMIT_PAUSE = timedelta(seconds=2)
CONFLICT = 409
TRANSIENT_CODES = frozenset(("idempotency_key_in_use", "lock_timeout", "rate_limit"))

# Off for everybody, as the SDK would write an identifier into the home folder and send it along.
stripe.enable_telemetry = False


class Pace:
    """At most so many calls a second, over all threads."""

    def __init__(self, per_second: float) -> None:
        self._gap_seconds = 1 / per_second
        self._next_at = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next_at)
            self._next_at = turn + self._gap_seconds
        if turn > now:
            time.sleep(turn - now)


class StripeConnection:
    """A client and the pace it is used at; shared by reads, pages and writes, and by threads."""

    def __init__(self, client: stripe.StripeClient, *, livemode: bool, pace: Pace) -> None:
        self.client = client
        self.livemode = livemode
        self._pace = pace

    @contextmanager
    def call(self) -> Iterator[None]:
        """Wait for our turn, then raise whatever the SDK raises as ProviderError."""
        self._pace.wait()
        try:
            yield
        except stripe.StripeError as error:
            raise provider_error(error) from error


def connect(
    api_key: str,
    *,
    api_base: str | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
    network_retries: int = NETWORK_RETRIES,
    per_second: float = READS_PER_SECOND,
) -> StripeConnection:
    """A connection with a secret or restricted key. `api_base`: a stand-in's address."""
    client = stripe.StripeClient(
        api_key,
        base_addresses={"api": api_base.rstrip("/")} if api_base else None,
        max_network_retries=network_retries,
        http_client=stripe.RequestsClient(timeout=timeout_seconds),
    )
    return StripeConnection(client, livemode=is_live_key(api_key), pace=Pace(per_second))


def is_live_key(api_key: str) -> bool:
    """Keys name their mode: `sk_live_...`, `rk_test_...`."""
    return "_live_" in api_key[:8]


def provider_error(error: stripe.StripeError) -> ProviderError:
    """The SDK's error as ours. The message names type, code and request, never what was sent."""
    status = error.http_status
    code = error.code or (str(status) if status else "no answer")
    message = f"Stripe: {type(error).__name__} {code}" + (
        f", request {error.request_id}" if error.request_id else ""
    )
    if isinstance(error, stripe.RateLimitError):
        return ProviderError(message, permanent=False, retry_after=_asked_pause(error) or RATE_LIMIT_PAUSE)
    refused = isinstance(
        error,
        stripe.AuthenticationError
        | stripe.PermissionError
        | stripe.InvalidRequestError
        | stripe.IdempotencyError
        | stripe.CardError,
    )
    passing = status == CONFLICT or error.code in TRANSIENT_CODES
    return ProviderError(message, permanent=refused and not passing, retry_after=_asked_pause(error))


def _asked_pause(error: stripe.StripeError) -> timedelta | None:
    value = {key.lower(): text for key, text in (error.headers or {}).items()}.get("retry-after", "")
    return timedelta(seconds=int(value)) if value.isascii() and value.isdigit() and len(value) < 6 else None
