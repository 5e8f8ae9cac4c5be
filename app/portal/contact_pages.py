"""Unsubscribe and preferences. GET shows, POST acts, and no cookie is set or read.

POST on the unsubscribe address is also what mail programs send for one click (RFC 8058): no page before it, no
Origin, a body that says `List-Unsubscribe=One-Click`. The token is all the proof there is and can be, so every
POST acts, whatever its body, and is answered without a redirect.
"""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Form, Request, Response

from app.core.errors import LinkInvalid
from app.core.links import LinkPurpose
from app.core.web import page
from app.portal import wishes
from app.portal.asking import Words, allowed, application_of, is_ours, pages_for, refuse_link

router = APIRouter(include_in_schema=False)
log = structlog.get_logger()


@router.api_route("/unsubscribe/{token:path}", methods=["GET", "HEAD"])
def show_unsubscribe(request: Request, token: str, words: Words) -> Response:
    """A button. Mail scanners open this before the customer, so it changes nothing."""
    try:
        subject, found = wishes.open_link(application_of(request), LinkPurpose.UNSUBSCRIBE, token)
    except LinkInvalid as error:
        return refuse_link(request, words, error)
    link = application_of(request).links.sign(LinkPurpose.PREFERENCES, subject)
    html = pages_for(request, words, own=found.language).unsubscribe(
        done=not found.marketing, preferences=f"/preferences/{link}"
    )
    return page(html)


@router.post("/unsubscribe/{token:path}")
def unsubscribe(request: Request, token: str, words: Words) -> Response:
    """Done, and done again is done."""
    application = application_of(request)
    try:
        subject = application.links.read(LinkPurpose.UNSUBSCRIBE, token)
    except LinkInvalid as error:
        return refuse_link(request, words, error)
    with application.db.write() as session:
        wishes.unsubscribe(session, subject, now=application.clock())
    log.info("customer.unsubscribed", customer=subject.customer_id, mail=subject.subject_id)
    return show_unsubscribe(request, token, words)


@router.api_route("/preferences/{token:path}", methods=["GET", "HEAD"])
def show_preferences(request: Request, token: str, words: Words) -> Response:
    return _preferences(request, token, words, saved=False)


@router.post("/preferences/{token:path}")
def save_preferences(
    request: Request,
    token: str,
    words: Words,
    marketing: Annotated[str | None, Form()] = None,
    language: Annotated[str | None, Form()] = None,
) -> Response:
    """What the form says holds from now on. A box that is not ticked is not sent."""
    application = application_of(request)
    if not is_ours(request):
        return page(pages_for(request, words).message("not_our_form"), status=403)
    try:
        subject, before = wishes.open_link(application, LinkPurpose.PREFERENCES, token)
    except LinkInvalid as error:
        return refuse_link(request, words, error)
    now = application.clock()
    with application.db.write() as session:
        if marketing is None and before.marketing:
            wishes.unsubscribe(session, subject, now=now)
        elif marketing is not None and not before.marketing and not before.for_good:
            wishes.subscribe(session, subject, now=now)
        if language is not None and language in words.languages:
            wishes.speak(session, subject, language, now=now)
    return _preferences(request, token, words, saved=True)


@router.options("/unsubscribe/{token:path}")
@router.options("/preferences/{token:path}")
def options() -> Response:
    return allowed()


def _preferences(request: Request, token: str, words: Words, *, saved: bool) -> Response:
    try:
        _, found = wishes.open_link(application_of(request), LinkPurpose.PREFERENCES, token)
    except LinkInvalid as error:
        return refuse_link(request, words, error)
    pages = pages_for(request, words, own=found.language)
    return page(pages.preferences(marketing=found.marketing, for_good=found.for_good, saved=saved))
