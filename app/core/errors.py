"""One class per failure. `code` is stable and public; app/core/problems.py gives each its HTTP status."""

from __future__ import annotations

from datetime import timedelta


class ReclaimError(Exception):
    """Root of every failure that this service names itself."""

    code = "internal_error"


class ConfigurationError(ReclaimError):
    """Settings or reclaim.toml cannot be used; the message names file, line and key."""

    code = "configuration_error"


class MixedCurrencies(ReclaimError):
    """Two currencies met in one sum."""

    code = "mixed_currencies"

    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"cannot add {right} to {left}")


class BadSignature(ReclaimError):
    """A webhook was not signed by a secret we know, or its timestamp is not believable."""

    code = "bad_signature"


class BadEvent(ReclaimError):
    """A signed webhook body is not an event."""

    code = "bad_event"


class NotStored(ReclaimError):
    """The event could not be stored; the provider will deliver it again."""

    code = "not_stored"


class NotConfigured(ReclaimError):
    """The feature needs a setting that is absent."""

    code = "not_configured"


class NotFound(ReclaimError):
    """No such thing, or not yours to see."""

    code = "not_found"


class Unauthorized(ReclaimError):
    """No key, a wrong key, or a revoked one."""

    code = "unauthorized"


class Forbidden(ReclaimError):
    """The key is good, its scope is too small."""

    code = "forbidden"


class InvalidInput(ReclaimError):
    """A parameter or body field cannot be used; the message says which and why."""

    code = "invalid_input"


class Conflict(ReclaimError):
    """The thing is not in a state in which this can be done."""

    code = "conflict"


class LinkInvalid(ReclaimError):
    """A customer link was forged, mangled, made for another purpose, or revoked."""

    code = "link_invalid"


class LinkExpired(ReclaimError):
    """A customer link was good once, and its time is over."""

    code = "link_expired"


class WorkerLocked(ReclaimError):
    """Another process already works on this SQLite file; the message names it."""

    code = "worker_locked"


class ProviderError(ReclaimError):
    """A payment or mail provider refused or did not answer.

    `permanent`: trying again cannot help. `retry_after`: the provider's own wish, if it named one.
    """

    code = "provider_error"

    def __init__(self, message: str, *, permanent: bool, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after
