"""Who asks for a page, and in which language they are answered."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from app.core.errors import LinkExpired, LinkInvalid
from app.core.i18n import Catalogues
from app.core.web import page
from app.portal.language import catalogues, negotiate
from app.portal.origins import is_our_form
from app.portal.pages import MOST_RELOADS, Pages
from app.portal.ports import PortalApplication

Words = Annotated[Catalogues, Depends(catalogues)]


def application_of(request: Request) -> PortalApplication:
    application: PortalApplication = request.state.application
    return application


def is_ours(request: Request) -> bool:
    """Whether a POST comes from a form of ours, as far as its headers tell."""
    headers = request.headers
    return is_our_form(
        origin=headers.get("origin"),
        fetch_site=headers.get("sec-fetch-site"),
        host=headers.get("host"),
        public_url=application_of(request).settings.public_url,
    )


def reloads_of(request: Request) -> int:
    """How often the page has reloaded itself, as its address says; nonsense counts as too often."""
    given = request.query_params.get("reload", "0")
    good = given.isascii() and given.isdecimal() and len(given) <= 3
    return min(int(given), MOST_RELOADS) if good else MOST_RELOADS


async def form_of(request: Request) -> dict[str, str]:
    """The form's text fields; files are no words."""
    async with request.form(max_files=0, max_fields=40) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


Form = Annotated[dict[str, str], Depends(form_of)]


def pages_for(
    request: Request, words: Catalogues, *, own: str | None = None, zone: str | None = None
) -> Pages:
    """The merchant's pages. `own`: the customer's language, if known; `zone`: where they live."""
    brand = application_of(request).config.brand
    accept = request.headers.get("accept-language")
    language = negotiate(words, own=own, accept=accept, default=brand.default_locale)
    return Pages(brand, words, language, zone)


def refuse_link(request: Request, words: Catalogues, error: LinkInvalid | LinkExpired) -> Response:
    status = 410 if isinstance(error, LinkExpired) else 404
    return page(pages_for(request, words).message(error.code), status=status)


def allowed(methods: str = "GET, HEAD, POST, OPTIONS") -> Response:
    """The answer to OPTIONS."""
    return Response(status_code=204, headers={"Allow": methods, "Cache-Control": "no-store"})
