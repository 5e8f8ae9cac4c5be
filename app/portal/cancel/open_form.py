"""The cancel form that needs no login and no link, and the links to the cancel page that the merchant has signed.

A declaration is stored with its time and changes nothing by itself. The answer is the same whether we know the
address or not, and takes as long: whose it is, the worker looks.
"""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from app.billing import repository as billing
from app.billing.states import SubscriptionState
from app.cancellation import declarations_desk as desk
from app.cancellation.rules.presets import Preset
from app.cancellation.rules.statutory import declared
from app.core.clock import real_now, real_seconds
from app.core.errors import LinkExpired, LinkInvalid
from app.core.links import LinkPurpose, LinkSubject
from app.core.web import page
from app.portal.asking import Form, Words, allowed, application_of, is_ours, pages_for, refuse_link
from app.portal.cancel.merchant_links import NOT_OURS, MerchantLink, read_merchant_link
from app.portal.cancel.open_form_limits import FormLimits
from app.portal.cancel.open_form_pages import form_page, preset_of_visitor, stored_page, typed
from app.portal.pages import Pages

router = APIRouter(include_in_schema=False)
log = structlog.get_logger()

RETRY_AFTER = "3600"


@router.api_route("/cancel", methods=["GET", "HEAD"])
def show_form(request: Request, words: Words) -> Response:
    """The empty form; with `sig` on to the cancel page of the subscription that the merchant's link names."""
    if "sig" in request.query_params:
        return _follow(request, words)
    country = request.query_params.get("country")
    preset = preset_of_visitor(country, request.headers.get("accept-language"))
    return page(_form(_pages(request, words), preset, country, {}))


@router.post("/cancel")
def declare(request: Request, words: Words, fields: Form) -> Response:
    """Store a declaration, and show what was stored."""
    application = application_of(request)
    pages = _pages(request, words)
    if not is_ours(request):
        return page(pages.message("not_our_form"), status=403)
    country = fields.get("country")
    preset = preset_of_visitor(country, request.headers.get("accept-language"))
    told = declared(fields)
    if told.missing:
        return page(_form(pages, preset, country, fields, told.missing), status=422)
    client = request.client.host if request.client else None
    limits: FormLimits = request.state.application.form_limits
    if not limits.allow(client, told.email.casefold(), real_seconds()):
        return page(pages.message("too_many"), status=429, headers={"Retry-After": RETRY_AFTER})
    with application.db.write() as session:
        row = desk.receive(
            session, told.content, preset=preset, locale=pages.language.tag, now=application.clock()
        )
    log.info("declaration.received", declaration=row.id)
    return page(stored_page(pages, row, kind="cancellation"))


@router.api_route("/not-me/{token:path}", methods=["GET", "HEAD"])
def show_not_me(request: Request, words: Words, token: str) -> Response:
    """A button. Mail scanners open this before the customer, so it changes nothing."""
    try:
        application_of(request).links.read(LinkPurpose.NOT_ME, token)
    except (LinkInvalid, LinkExpired) as error:
        return refuse_link(request, words, error)
    return page(pages_for(request, words).told("not_me", said_by="message", name="not_me", next_url=None))


@router.post("/not-me/{token:path}")
def not_me(request: Request, words: Words, token: str) -> Response:
    """The declaration is void; a second time is the same."""
    application = application_of(request)
    if not is_ours(request):
        return page(pages_for(request, words).message("not_our_form"), status=403)
    try:
        subject = application.links.read(LinkPurpose.NOT_ME, token)
    except (LinkInvalid, LinkExpired) as error:
        return refuse_link(request, words, error)
    with application.db.write() as session:
        done = desk.disown(session, subject.customer_id, subject.subject_id, now=application.clock())
    return page(pages_for(request, words).message("not_me_done" if done else "not_me_late"))


@router.options("/cancel")
@router.options("/not-me/{token:path}")
def options() -> Response:
    return allowed()


def _form(pages: Pages, preset: Preset, country: str | None, given: dict[str, str], missing: Any = ()) -> str:
    hidden = {"country": country[:2]} if country else {}
    return form_page(pages, preset, given=typed(given), missing=missing, hidden=hidden)


def _pages(request: Request, words: Any) -> Pages:
    brand = application_of(request).config.brand
    return pages_for(request, words, zone=brand.default_time_zone)


def _follow(request: Request, words: Any) -> Response:
    application = application_of(request)
    try:
        link = read_merchant_link(request.query_params, application.settings.link_key_list, now=real_now())
        if not _is_known(request, link):
            raise LinkInvalid(NOT_OURS)
    except (LinkInvalid, LinkExpired) as error:
        return refuse_link(request, words, error)
    subject = LinkSubject(link.customer_id, link.subscription_id, 0)
    headers = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return RedirectResponse(
        f"/cancel/{application.links.sign(LinkPurpose.CANCEL, subject)}", 303, headers=headers
    )


def _is_known(request: Request, link: MerchantLink) -> bool:
    with application_of(request).db.read() as session:
        found = billing.load(session, SubscriptionState, [link.subscription_id]).get(link.subscription_id)
    return found is not None and found.customer_id == link.customer_id
