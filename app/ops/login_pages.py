"""The login page of /ops, and logging out."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from app.core import auth
from app.ops.forms import check_origin, sent_by_visitor
from app.ops.pages import PageRoute, render, see
from app.ops.ports import At
from app.ops.session import Visitor, read_session, sign_in, sign_out

router = APIRouter(prefix="/ops", route_class=PageRoute, include_in_schema=False)

_OURS = re.compile(r"/ops(/[\w./-]*)?(\?[\w=&%.+-]*)?")
KEY_LIMIT = 512


def safe_next(path: str | None) -> str:
    """Where to go after the login: a page of /ops, never another site."""
    return path if path and len(path) <= 500 and _OURS.fullmatch(path) and "//" not in path else "/ops"


@router.get("/login")
def show_login(request: Request, place: At, next: Annotated[str, Query()] = "") -> Response:
    """The form; whoever is signed in goes on."""
    if read_session(place, request) is not None:
        return see(safe_next(next))
    return render(place, "login.html", None, next=safe_next(next), fault=None)


@router.post("/login", dependencies=[Depends(check_origin)])
def log_in(place: At, key: Annotated[str, Form()] = "", next: Annotated[str, Form()] = "") -> Response:
    """Check the key and start a session."""
    with place.db.read() as session:
        found = auth.find_key(session, key.strip()) if 0 < len(key) <= KEY_LIMIT else None
    if found is None:
        fault = "This key is not known, or was revoked."
        return render(place, "login.html", None, status=401, next=safe_next(next), fault=fault)
    response = see(safe_next(next))
    sign_in(place, response, found)
    return response


@router.post("/logout")
def log_out(place: At, _: Annotated[Visitor, Depends(sent_by_visitor)]) -> Response:
    """End the session in this browser."""
    response = see("/ops/login")
    sign_out(place, response)
    return response
