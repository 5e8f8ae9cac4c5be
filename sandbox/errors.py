"""Failures in the provider's JSON error shape: `{"error": {"type", "code", "message", "param", ...}}`."""

from __future__ import annotations

from typing import Any

V2_CODES = {401: "unauthorized", 429: "rate_limit", 500: "internal_error"}


class ApiFault(Exception):
    """An answer other than 200; `error` is the inner error object."""

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        super().__init__(f"{status} {error.get('code') or error['type']}: {error['message']}")
        self.status = status
        self.error = {key: value for key, value in error.items() if value is not None}

    @property
    def body(self) -> dict[str, Any]:
        return {"error": self.error}

    @property
    def v2_body(self) -> dict[str, Any]:
        """The same error as calls under /v2 answer it: a code always, no parameter."""
        code = "not_found" if self.status == 404 else self.error.get("code") or V2_CODES.get(self.status)
        kept = {key: value for key, value in self.error.items() if key in ("type", "message")}
        return {"error": {"code": code or "invalid_request", **kept}}


def invalid(
    message: str, *, param: str | None = None, code: str | None = None, status: int = 400
) -> ApiFault:
    error = {"type": "invalid_request_error", "message": message, "param": param, "code": code}
    return ApiFault(status, error)


def missing_object(kind: str, object_id: str, param: str = "id") -> ApiFault:
    """An unknown object gets 404 when the path names it and 400 when a parameter does."""
    noun = (
        kind.replace("_", "")
        .replace("paymentmethod", "PaymentMethod")
        .replace("paymentintent", "payment_intent")
    )
    status = 404 if param == "id" else 400
    return invalid(f"No such {noun}: '{object_id}'", param=param, code="resource_missing", status=status)


def missing_param(param: str) -> ApiFault:
    return invalid(f"Missing required param: {param}.", param=param, code="parameter_missing")


def unknown_param(param: str) -> ApiFault:
    return invalid(f"Received unknown parameter: {param}", param=param, code="parameter_unknown")


def unknown_route(method: str, path: str, known: list[str]) -> ApiFault:
    """404 that says what the stand-in lacks, because a colleague reads it more often than a program."""
    hint = (
        f" The path exists for {', '.join(known)} only."
        if known
        else " The sandbox has no such resource yet."
    )
    return invalid(f"Unrecognized request URL ({method}: {path}).{hint}", status=404)


def unauthenticated(message: str) -> ApiFault:
    return ApiFault(401, {"type": "invalid_request_error", "message": message})


def idempotency_mismatch(key: str) -> ApiFault:
    message = (
        f"The idempotency key '{key}' was first used with other parameters; use a new key for this request."
    )
    return ApiFault(400, {"type": "idempotency_error", "message": message})


def idempotency_key_in_use(key: str) -> ApiFault:
    message = f"Another request with the idempotency key '{key}' is being carried out at this moment."
    return ApiFault(409, {"type": "idempotency_error", "code": "idempotency_key_in_use", "message": message})


def card_fault(error: dict[str, Any]) -> ApiFault:
    """402 with the whole error object; `error` already holds code, decline_code, payment_intent and so on."""
    return ApiFault(402, {"type": "card_error", **error})


def rate_limited() -> ApiFault:
    return ApiFault(
        429, {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many requests."}
    )


def provider_broken() -> ApiFault:
    return ApiFault(
        500, {"type": "api_error", "message": "An unknown error occurred in the sandbox, as asked."}
    )


def lock_timeout() -> ApiFault:
    message = "This object cannot be accessed right now because another request is accessing it."
    return ApiFault(409, {"type": "invalid_request_error", "code": "lock_timeout", "message": message})
