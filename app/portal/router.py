"""Routes of the customer's pages: GET, HEAD and OPTIONS show, POST acts."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import structlog
from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from app.cases.standing import place_shown
from app.core.errors import LinkExpired, LinkInvalid, NotConfigured, ProviderError
from app.core.i18n import Catalogues
from app.core.web import page
from app.outbox.rendering.colours import readable_on
from app.portal import contact_pages
from app.portal.asking import Words, allowed, application_of, is_ours, pages_for, refuse_link, reloads_of
from app.portal.cancel import open_form, survey, withdraw
from app.portal.cancel import router as cancel_page
from app.portal.expiring import ExpiringCase
from app.portal.origins import form_targets, origin_of
from app.portal.pages import WANTS_A_CARD, Pages
from app.portal.ports import PortalApplication
from app.portal.repository import CardCase
from app.portal.returning import router as return_page
from app.portal.rules import Verdict, judge
from app.portal.service import Onward, go_and_pay, go_and_save, open_card_link
from app.portal.states import Remedy

router = APIRouter(include_in_schema=False)
log = structlog.get_logger()

router.include_router(contact_pages.router)
router.include_router(open_form.router)
router.include_router(withdraw.router)
router.include_router(cancel_page.router)
router.include_router(survey.router)
router.include_router(return_page.router)


@router.get("/brand.css")
def brand_colours(request: Request) -> Response:
    """The merchant's two colours; apart, because the pages allow no style of their own."""
    brand = application_of(request).config.brand
    text = readable_on(brand.accent, brand.accent_text)
    css = f":root {{ --accent: {brand.accent}; --accent-text: {text}; }}\n"
    headers = {"Cache-Control": "public, max-age=300", "X-Content-Type-Options": "nosniff"}
    return Response(css, media_type="text/css", headers=headers)


@router.api_route("/card/{token:path}", methods=["GET", "HEAD"])
def show_card(request: Request, token: str, words: Words) -> Response:
    """What has become of the payment. Changes nothing: mail scanners open this before the customer."""
    try:
        found = open_card_link(application_of(request), token, returned_from=_returned_from(request))
    except (LinkInvalid, LinkExpired) as error:
        return refuse_link(request, words, error)
    return _shown(request, words, found)


@router.options("/card/{token:path}")
def card_options() -> Response:
    return allowed()


@router.post("/card/{token:path}")
def use_card(request: Request, token: str, words: Words) -> Response:
    """On to a fresh page of the provider, if there is something to pay; else the state as GET shows it."""
    application = application_of(request)
    if not is_ours(request):
        return page(_pages(request, words).message("not_our_form"), status=403)
    try:
        found = open_card_link(application, token, returned_from=_returned_from(request))
    except (LinkInvalid, LinkExpired) as error:
        return refuse_link(request, words, error)
    if isinstance(found, ExpiringCase):
        if found.view not in WANTS_A_CARD:
            return _expiring_page(request, words, found)
        go, targets = partial(go_and_save, application, found, token), _provider_targets(application)
    else:
        verdict = judge(found.picture)
        if verdict.remedy is Remedy.NONE:
            return _card_page(request, words, found)
        go = partial(go_and_pay, application, found, verdict, token)
        targets = _targets(application, verdict)
    return _lead_on(_pages(request, words, found), found, go, targets)


def _lead_on(
    pages: Pages, found: CardCase | ExpiringCase, go: Callable[[], Onward], targets: list[str]
) -> Response:
    try:
        onward = go()
    except NotConfigured:
        log.error("card_page.no_way_to_pay", case=found.case_id)
        return page(pages.message("no_way_to_pay"), status=503)
    except ProviderError as error:
        return _provider_failed(pages, found, error)
    if onward.url is None:
        return page(pages.message("nothing_left"))
    if origin_of(onward.url) in targets:
        headers = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
        return RedirectResponse(onward.url, 303, headers=headers)
    # A domain that the form's policy did not name: browsers would stop a redirect, but not a page's own.
    return page(pages.message("onward", next_url=onward.url))


def _returned_from(request: Request) -> str | None:
    return request.query_params.get("session")


def _shown(request: Request, words: Catalogues, found: CardCase | ExpiringCase) -> Response:
    if isinstance(found, ExpiringCase):
        return _expiring_page(request, words, found)
    return _card_page(request, words, found)


def _pages(request: Request, words: Catalogues, found: CardCase | ExpiringCase | None = None) -> Pages:
    application = application_of(request)
    customer_id, customer = (found.customer_id, found.customer) if found else ("", None)
    with application.db.read() as session:
        lives = place_shown(session, customer_id, customer, application.setup.terms)
    known = lives.language.source in ("facts", "provider")  # else the browser knows better
    return pages_for(request, words, own=lives.language.tag if known else None, zone=lives.zone.name)


def _card_page(request: Request, words: Catalogues, found: CardCase) -> Response:
    application = application_of(request)
    verdict = judge(found.picture)
    known = any(a.session_id == found.picture.returned_from for a in found.picture.attempts)
    html = _pages(request, words, found).card(
        verdict,
        older_too=application.setup.policy.pay_older_invoices,
        now=application.clock(),
        reloads=reloads_of(request),
        session_id=(found.picture.returned_from or "") if known else "",
    )
    return page(html, form_targets=" ".join(_targets(application, verdict)))


def _expiring_page(request: Request, words: Catalogues, found: ExpiringCase) -> Response:
    html = _pages(request, words, found).expiring_card(
        found.view, found.lines, reloads=reloads_of(request), session_id=found.returned_from or ""
    )
    return page(html, form_targets=" ".join(_provider_targets(application_of(request))))


def _targets(application: PortalApplication, verdict: Verdict) -> list[str]:
    settings = application.settings
    urls = [invoice.hosted_url for invoice in verdict.invoices]
    return form_targets(settings.stripe_api_base, urls, settings.public_url)


def _provider_targets(application: PortalApplication) -> list[str]:
    return form_targets(application.settings.stripe_api_base, [], application.settings.public_url)


def _provider_failed(pages: Pages, found: CardCase | ExpiringCase, error: ProviderError) -> Response:
    """Nothing was stored and nothing is lost: the customer presses the button again."""
    log.warning("card_page.provider_error", case=found.case_id, permanent=error.permanent)
    if error.permanent:
        return page(pages.message("unreachable_for_long"), status=502)
    wait = math.ceil(error.retry_after.total_seconds()) if error.retry_after else 5
    return page(pages.message("unreachable"), status=503, headers={"Retry-After": str(max(wait, 1))})
