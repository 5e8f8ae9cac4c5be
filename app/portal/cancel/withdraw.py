"""Withdrawing from a new contract by a signed link: a statement, one button, a receipt. GET changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response

from app.cancellation.declarations_withdrawal import Withdrawable, withdraw, withdrawable
from app.cancellation.rules.statutory import declared
from app.core.errors import LinkExpired, LinkInvalid
from app.core.i18n import Catalogues, format_moment
from app.core.links import LinkPurpose
from app.core.web import page
from app.portal.asking import Form, Words, allowed, application_of, is_ours, pages_for, refuse_link
from app.portal.cancel.open_form_pages import button, stored_page, typed
from app.portal.pages import Pages

router = APIRouter(include_in_schema=False)
log = structlog.get_logger()


@router.api_route("/withdraw/{token:path}", methods=["GET", "HEAD"])
def show_withdrawal(request: Request, words: Words, token: str) -> Response:
    """The statement to be made, that it was made, or that there is nothing to withdraw from."""
    try:
        found = _find(request, token)
    except (LinkInvalid, LinkExpired) as error:
        return refuse_link(request, words, error)
    pages = _pages(request, words, found)
    if found.declared is not None:
        return page(stored_page(pages, found.declared, kind="withdrawal"))
    if not found.is_open(application_of(request).clock()):
        return page(pages.message("withdrawal_closed"))
    return page(_statement(pages, found, {}))


@router.post("/withdraw/{token:path}")
def declare_withdrawal(request: Request, words: Words, token: str, fields: Form) -> Response:
    """Store the withdrawal and show it; a second time shows the first."""
    application = application_of(request)
    if not is_ours(request):
        return page(pages_for(request, words).message("not_our_form"), status=403)
    try:
        found = _find(request, token)
    except (LinkInvalid, LinkExpired) as error:
        return refuse_link(request, words, error)
    pages, now = _pages(request, words, found), application.clock()
    told = declared(fields)
    if told.missing and found.is_open(now):
        return page(_statement(pages, found, fields, told.missing), status=422)
    content = {"name": told.name, "email": told.email, "contract": found.label}
    with application.db.write() as session:
        row = withdraw(session, found, content, application.setup.terms, now=now)
    if row is None:
        return page(pages.message("withdrawal_closed"), status=410)
    log.info("withdrawal.received", declaration=row.id)
    return page(stored_page(pages, row, kind="withdrawal"))


@router.options("/withdraw/{token:path}")
def options() -> Response:
    return allowed()


def _find(request: Request, token: str) -> Withdrawable:
    application = application_of(request)
    subject = application.links.read(LinkPurpose.CANCEL, token)
    with application.db.read() as session:
        found = withdrawable(session, subject.customer_id, subject.subject_id, application.setup.terms)
    if found is None:
        raise LinkInvalid("this link leads to no contract that we know")
    return found


def _pages(request: Request, words: Catalogues, found: Withdrawable) -> Pages:
    return pages_for(request, words, own=found.customer.locale, zone=found.place.zone.name)


def _statement(
    pages: Pages, found: Withdrawable, given: Mapping[str, str], missing: Collection[str] = ()
) -> str:
    language: Any = pages.language.locale
    last = found.until - timedelta(minutes=1) if found.until else None  # "11:59 PM", not the next day
    return pages.told(
        "withdraw",
        until=format_moment(last, found.place.zone.info, language) if last else "",
        contract=found.label,
        given=typed(given),
        missing=missing,
        headline=button(found.preset.withdraw_button),
        button=button(found.preset.confirm_withdrawal_button),
        language=language.language,
    )
