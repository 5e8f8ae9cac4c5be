"""What every page has in common: headers, templates, and who is asking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from app.core import auth
from app.core.auth import Scope
from app.core.db import Database
from app.core.errors import Forbidden, Unauthorized

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self' {form_targets}; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Frame-Options": "DENY",
}


def pages(folder: str) -> Environment:
    """Templates of one part of the house, escaping everything, refusing unknown names."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES / folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def page(
    html: str, *, status: int = 200, form_targets: str = "", headers: dict[str, str] | None = None
) -> HTMLResponse:
    """An HTML answer with the strict headers of every page. `form_targets`: origins that a form may lead to."""
    every = {k: v.format(form_targets=form_targets) for k, v in PAGE_HEADERS.items()}
    return HTMLResponse(html, status, headers=every | (headers or {}))


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose API key it is and what it may do."""

    name: str
    scope: Scope


class Given:
    """Gives each request what it is answered with, as `request.state.<name>`, so that the routes, which are slow to
    build, are built once for however many applications a process has."""

    def __init__(self, inner: ASGIApp, **state: Any) -> None:
        self.inner, self.state = inner, state

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            scope = {**scope, "state": {**scope.get("state", {}), **self.state}}
        await self.inner(scope, receive, send)


_bearer = HTTPBearer(auto_error=False, description="An API key: Authorization: Bearer <key>")


def caller(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Caller:
    """The holder of the request's API key; raises Unauthorized."""
    db: Database = request.state.application.db
    if given is None:
        raise Unauthorized("an API key is needed: Authorization: Bearer <key>")
    with db.read() as session:
        key = auth.find_key(session, given.credentials)
    if key is None:
        raise Unauthorized("this API key is not known, or was revoked")
    return Caller(key.name, Scope(key.scope))


def needs(scope: Scope) -> Callable[..., Caller]:
    """A dependency that lets only keys of at least this scope through."""

    def check(who: Annotated[Caller, Depends(caller)]) -> Caller:
        if not who.scope.covers(scope):
            raise Forbidden(f"this needs a key with the scope {scope}; {who.name} has {who.scope}")
        return who

    return check


def no_store(response: Response) -> None:
    """A dependency for JSON answers that must not be kept."""
    response.headers["Cache-Control"] = "no-store"
