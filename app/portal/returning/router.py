"""Routes of the return page: GET, HEAD and OPTIONS show, POST acts."""

from __future__ import annotations

import math

import structlog
from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from app.contacts.rules.place import Place
from app.core.errors import LinkExpired, LinkInvalid, NotConfigured, ProviderError
from app.core.i18n import Catalogues
from app.core.links import LinkSubject
from app.core.web import page
from app.portal.asking import Form, Words, allowed, is_ours, pages_for, refuse_link, reloads_of
from app.portal.origins import form_targets, origin_of
from app.portal.pages import Pages
from app.portal.returning.acting import Press, act, look, read_link
from app.portal.returning.pages import return_html
from app.portal.returning.ports import ReturnApplication
from app.portal.returning.scene import place_of_link
from app.portal.returning.states import Do

router = APIRouter(include_in_schema=False)
log = structlog.get_logger()

NO_STORE = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


def application_of(request: Request) -> ReturnApplication:
    application: ReturnApplication = request.state.application
    return application


@router.api_route("/return/{token:path}", methods=["GET", "HEAD"])
def show_return_page(request: Request, token: str, words: Words) -> Response:
    """The plan and its price, or how it stands. Changes nothing: mail scanners open this before the customer."""
    application = application_of(request)
    try:
        scene = look(
            application,
            read_link(application, token),
            returned_from=request.query_params.get("session"),
        )
    except (LinkInvalid, LinkExpired) as error:
        return _refuse(request, words, error)
    pages = _pages(request, words, scene.place)
    html = return_html(pages, scene, action=f"/return/{token}", reloads=reloads_of(request))
    return page(html, form_targets=" ".join(_targets(application)))


@router.options("/return/{token:path}")
def return_options() -> Response:
    return allowed()


@router.post("/return/{token:path}")
def use_return_page(request: Request, token: str, words: Words, form: Form) -> Response:
    """One press of a button: on to the provider's page, or to the page that tells what came of it."""
    application = application_of(request)
    if not is_ours(request):
        return page(pages_for(request, words).message("not_our_form"), status=403)
    try:
        subject = read_link(application, token)
        wish = form.get("do", "")
        if wish not in set(Do):
            return show_return_page(request, token, words)
        onward = act(application, subject, Press(Do(wish), token, form.get("offer", "")))
    except (LinkInvalid, LinkExpired) as error:
        return _refuse(request, words, error)
    except NotConfigured:
        log.error("return_page.no_provider")
        return page(_pages_of(request, words, subject).message("no_way_to_pay"), status=503)
    except ProviderError as error:
        return _provider_failed(_pages_of(request, words, subject), error)
    url = onward.url or f"/return/{token}"
    ours = onward.url is None or url.startswith(f"{application.settings.public_url}/")
    if ours or origin_of(url) in _targets(application):
        return RedirectResponse(url, 303, headers=NO_STORE)
    # A domain that the form's policy did not name: browsers would stop a redirect, but not a page's own.
    return page(_pages_of(request, words, subject).message("onward", next_url=url))


def _refuse(request: Request, words: Catalogues, error: LinkInvalid | LinkExpired) -> Response:
    """An old link tells that the offer is over, and that the normal price is there for everybody."""
    if isinstance(error, LinkExpired):
        return page(pages_for(request, words).message("return_expired"), status=410)
    return refuse_link(request, words, error)


def _pages_of(request: Request, words: Catalogues, subject: LinkSubject) -> Pages:
    """As `_pages`, without asking the provider."""
    application = application_of(request)
    with application.db.read() as session:
        place = place_of_link(session, subject, application.winning_back)
    return _pages(request, words, place)


def _pages(request: Request, words: Catalogues, place: Place) -> Pages:
    known = place.language.source in ("facts", "provider")  # else the browser knows better
    return pages_for(request, words, own=place.language.tag if known else None, zone=place.zone.name)


def _targets(application: ReturnApplication) -> list[str]:
    return form_targets(application.settings.stripe_api_base, [], application.settings.public_url)


def _provider_failed(pages: Pages, error: ProviderError) -> Response:
    """Nothing was charged and nothing is lost: the customer presses the button again."""
    log.warning("return_page.provider_error", permanent=error.permanent)
    if error.permanent:
        return page(pages.message("unreachable_for_long"), status=502)
    wait = math.ceil(error.retry_after.total_seconds()) if error.retry_after else 5
    return page(pages.message("unreachable"), status=503, headers={"Retry-After": str(max(wait, 1))})
