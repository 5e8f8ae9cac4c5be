"""What all pages of the operator share: templates, their words for money and time, and errors as pages."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute

from app.core.errors import ReclaimError
from app.core.problems import status_of
from app.core.web import page, pages
from app.ops.forms import form_token
from app.ops.ports import Workplace
from app.ops.session import LoginNeeded, Visitor, is_https
from app.ops.sheets import heat, parts, shown
from app.stats.rules import Rate
from app.stats.tables import instant, money_words, rate_words

# With `no-referrer` a browser would send our own forms with `Origin: null`; see app/ops/forms.py.
HEADERS = {"Referrer-Policy": "same-origin"}
FRAMING = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
}
WORDS = {
    "soft_funds": "no funds",
    "soft_generic": "declined",
    "card_data": "card data",
    "action": "confirmation",
    "written_off": "written off",
    "give_up": "time is over",
    "last_warning": "last warning",
    "first_after_trial": "first charge after trial",
}


def words(value: str | None) -> str:
    """A stored word as people read it: `card_data` is `card data`."""
    return WORDS.get(value or "", (value or "").replace("_", " "))


def capitalize_first(text: str) -> str:
    """The first letter large, the others as they are."""
    return text[:1].upper() + text[1:]


def utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def local(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%a %d %b %Y, %H:%M}"


def ago(at: datetime, now: datetime) -> str:
    """`3 days ago`, `in 4 h`, `just now`."""
    seconds = int((now - at).total_seconds())
    size = abs(seconds)
    if size < 60:
        return "just now"
    for unit, length, least in (("days", 86_400, 2 * 86_400), ("h", 3600, 3600), ("min", 60, 60)):
        if size >= least:
            text = f"{size // length} {unit}"
            return f"in {text}" if seconds < 0 else f"{text} ago"
    raise AssertionError("a minute or more always fits a unit")


def query(**values: object) -> str:
    """A query string of the values that are given."""
    given = {k: str(v) for k, v in values.items() if v not in (None, "")}
    return f"?{urlencode(given)}" if given else ""


_templates = pages("ops")
_templates.filters |= {
    "money": money_words,
    "rate": lambda rate: rate_words(rate),
    "utc": utc,
    "local": local,
    "iso": instant,
    "words": words,
    "capitalize_first": capitalize_first,
    "shown": shown,
    "parts": parts,
    "heat": heat,
}
_templates.globals |= {"query": query, "ago": ago, "Rate": Rate}


def render(
    place: Workplace,
    template: str,
    who: Visitor | None,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> HTMLResponse:
    """One page. `who` None: nobody is signed in, and there is no navigation."""
    now = values.pop("now", None) or place.clock()
    html = _templates.get_template(template).render(
        who=who, now=now, token=form_token(place, who) if who else "", https=is_https(place), **values
    )
    return page(html, status=status, headers=HEADERS | (headers or {}))


def see(path: str) -> RedirectResponse:
    """After a form: show this page, so that a reload sends nothing twice."""
    return RedirectResponse(path, 303, headers=HEADERS | {"Cache-Control": "no-store"})


class PageRoute(APIRoute):
    """A route of pages: errors are pages too, and whoever is not signed in is led to the login."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except LoginNeeded:
                back = request.url.path if request.method == "GET" else "/ops"
                asked = f"{back}?{request.url.query}" if request.url.query and back != "/ops" else back
                return see("/ops/login" + query(next=asked if asked != "/ops" else None))
            except RequestValidationError as error:
                faults = "; ".join(f"{'.'.join(map(str, e['loc'][1:]))}: {e['msg']}" for e in error.errors())
                return _fault(request, 422, faults)
            except ReclaimError as error:
                status = status_of(error)
                if status == 500:
                    raise
                return _fault(request, status, str(error))

        return answer


def _fault(request: Request, status: int, text: str) -> HTMLResponse:
    titles = {403: "Not allowed", 404: "Not found", 409: "Not possible now", 422: "Cannot be used"}
    html = _templates.get_template("error.html").render(
        who=None, now=None, token="", title=titles.get(status, "Something is wrong"), text=text
    )
    return page(html, status=status, headers=HEADERS)
