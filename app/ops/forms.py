"""Forms that only our own pages can send: SameSite cookie, the Origin header, and a token."""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Form, Request

from app.core.errors import Forbidden
from app.ops.ports import At, Workplace
from app.ops.session import Visitor, operator, visitor


def form_token(place: Workplace, who: Visitor) -> str:
    """The token of every form of this sign-in."""
    return _digest(place.secret_keys[0], who)


def _digest(key: str, who: Visitor) -> str:
    text = f"reclaim.ops.form:{who.name}:{who.nonce}"
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def check_origin(request: Request, place: At) -> None:
    """Raise Forbidden for a form that another site sent. Pages ask for `Referrer-Policy: same-origin`,
    because with `no-referrer` browsers hide the origin of their own forms as well."""
    given = urlsplit(request.headers.get("origin", ""))
    public = urlsplit(place.settings.public_url)
    ours = {public.netloc.lower(), request.headers.get("host", "").lower()}
    if given.scheme not in ("http", "https") or given.netloc.lower() not in ours:
        raise Forbidden("this form did not come from one of our pages (Origin)")
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise Forbidden("this form did not come from one of our pages (Sec-Fetch-Site)")


def _check_token(place: Workplace, who: Visitor, token: str) -> None:
    good = [hmac.compare_digest(_digest(key, who).encode(), token.encode()) for key in place.secret_keys]
    if not any(good):
        raise Forbidden("this form is out of date: open the page again")


def sent_by_visitor(
    request: Request,
    place: At,
    who: Annotated[Visitor, Depends(visitor)],
    token: Annotated[str, Form(max_length=64)] = "",
) -> Visitor:
    """Whoever is signed in and sent a form from our own page."""
    check_origin(request, place)
    _check_token(place, who, token)
    return who


def sent_by_operator(
    request: Request,
    place: At,
    who: Annotated[Visitor, Depends(operator)],
    token: Annotated[str, Form(max_length=64)] = "",
) -> Visitor:
    """An operator who sent a form from our own page."""
    return sent_by_visitor(request, place, who, token)
