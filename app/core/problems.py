"""Errors as `application/problem+json` (RFC 9457): the one place that knows HTTP statuses."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.core.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    LinkExpired,
    LinkInvalid,
    NotConfigured,
    NotFound,
    ProviderError,
    ReclaimError,
    Unauthorized,
)

STATUS: dict[type[ReclaimError], int] = {
    Unauthorized: 401,
    Forbidden: 403,
    NotFound: 404,
    LinkInvalid: 404,
    Conflict: 409,
    LinkExpired: 410,
    InvalidInput: 422,
    NotConfigured: 503,
    ProviderError: 502,
}


def status_of(error: ReclaimError) -> int:
    """The HTTP status of an error; 500 for one that is nobody's fault but ours."""
    return next((STATUS[t] for t in type(error).__mro__ if t in STATUS), 500)


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    body = {
        "type": "about:blank",
        "title": code.replace("_", " "),
        "status": status,
        "code": code,
        "detail": detail,
    }
    return JSONResponse(body, status, headers=headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Answer every error of the API with a problem document."""

    @app.exception_handler(ReclaimError)
    def ours(_: Request, error: ReclaimError) -> JSONResponse:
        status = status_of(error)
        headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
        return problem(status, error.code, "internal error" if status == 500 else str(error), headers)

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'][1:]))}: {e['msg']}" for e in error.errors())
        return problem(422, "invalid_input", faults)

    @app.exception_handler(HTTPException)
    def http(_: Request, error: HTTPException) -> JSONResponse:
        code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(
            error.status_code, "http_error"
        )
        return problem(error.status_code, code, str(error.detail), dict(error.headers or {}))
