"""Signing in to /ops with an API key: a signed cookie that names the key, never holds it.

Twelve hours of real time. Revoking the key, or making another of the same name, ends the session at once.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from app.core.auth import ApiKey, Scope
from app.core.errors import Forbidden, ReclaimError
from app.core.ids import new_token
from app.ops.ports import At, Workplace

LIFETIME_SECONDS = 12 * 3600
LONGEST_COOKIE = 1024


class LoginNeeded(ReclaimError):
    """Nobody is signed in; the browser is led to the login page."""

    code = "unauthorized"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in. `nonce` tells one sign-in from another, and binds its forms to it."""

    name: str
    scope: Scope
    nonce: str

    @property
    def may_operate(self) -> bool:
        return self.scope.covers(Scope.OPERATE)


def cookie_name(place: Workplace) -> str:
    """With https the prefix makes browsers refuse the cookie from anywhere but this host, over https."""
    return "__Host-reclaim_ops" if is_https(place) else "reclaim_ops"


def is_https(place: Workplace) -> bool:
    return place.settings.public_url.startswith("https://")


def _serializer(place: Workplace) -> URLSafeTimedSerializer:
    options: dict[str, Any] = {"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    keys = list(reversed(place.secret_keys))  # the library signs with the last one
    return URLSafeTimedSerializer(keys, salt="reclaim.ops.session", signer_kwargs=options)


def sign_in(place: Workplace, response: Response, key: ApiKey) -> None:
    """Give the browser a session for this key."""
    value = _serializer(place).dumps([key.name, key.digest[:16], new_token()])
    response.set_cookie(
        cookie_name(place),
        str(value),
        max_age=LIFETIME_SECONDS,
        path="/",
        httponly=True,
        samesite="strict",
        secure=is_https(place),
    )


def sign_out(place: Workplace, response: Response) -> None:
    response.delete_cookie(
        cookie_name(place), path="/", httponly=True, samesite="strict", secure=is_https(place)
    )


def read_session(place: Workplace, request: Request) -> Visitor | None:
    """Who is signed in by this request's cookie, if it is ours, young enough, and its key is still good."""
    value = request.cookies.get(cookie_name(place), "")
    if not value or len(value) > LONGEST_COOKIE:
        return None
    try:
        payload = _serializer(place).loads(value, max_age=LIFETIME_SECONDS)
    except (BadData, ValueError):
        return None
    match payload:
        case [str(name), str(digest), str(nonce)]:
            with place.db.read() as session:
                return _holder(session, name, digest, nonce)
    return None


def _holder(session: Session, name: str, digest: str, nonce: str) -> Visitor | None:
    key = session.get(ApiKey, name)
    if key is None or key.revoked_at is not None or not hmac.compare_digest(key.digest[:16], digest):
        return None
    return Visitor(key.name, Scope(key.scope), nonce)


def visitor(request: Request, place: At) -> Visitor:
    """A route's parameter: who is signed in; raises LoginNeeded."""
    who = read_session(place, request)
    if who is None:
        raise LoginNeeded("sign in with an API key")
    return who


def operator(who: Annotated[Visitor, Depends(visitor)]) -> Visitor:
    """The same, for someone who may change things; raises Forbidden."""
    if not who.may_operate:
        raise Forbidden(f"this needs a key with the scope {Scope.OPERATE}; {who.name} has {who.scope}")
    return who
