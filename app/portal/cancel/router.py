"""Routes of the cancel page, the undo link and the one question: GET, HEAD and OPTIONS show, POST acts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from app.cancellation import repository
from app.cancellation.desk import Visitor
from app.cancellation.states import STORED, Do, Screen
from app.core.errors import LinkExpired, LinkInvalid
from app.core.i18n import Catalogues
from app.core.links import LinkPurpose, LinkSubject
from app.core.origins import may_lead_back
from app.core.web import page
from app.portal.asking import Form, Words, allowed, is_ours, pages_for, refuse_link, reloads_of
from app.portal.cancel.acting import Press, act, undo
from app.portal.cancel.pages import cancel_html
from app.portal.cancel.ports import CancelApplication
from app.portal.cancel.scene import Scene, scene_of
from app.portal.pages import Pages

router = APIRouter(include_in_schema=False)

NO_STORE = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


def application_of(request: Request) -> CancelApplication:
    application: CancelApplication = request.state.application
    return application


@router.api_route("/cancel/{token:path}", methods=["GET", "HEAD"])
def show_cancel_page(request: Request, token: str, words: Words) -> Response:
    """The first page, or how far the visit is. Changes nothing."""
    try:
        subject, may_act = read_cancel_link(application_of(request), token)
    except (LinkInvalid, LinkExpired) as error:
        return refuse_link(request, words, error)
    return _shown(request, words, subject, f"/cancel/{token}", may_act=may_act)


@router.options("/cancel/{token:path}")
def cancel_options() -> Response:
    return allowed()


@router.post("/cancel/{token:path}")
def use_cancel_page(request: Request, token: str, words: Words, form: Form) -> Response:
    """One press of a button, then on to the page that tells what came of it."""
    application, path = application_of(request), f"/cancel/{token}"
    if not is_ours(request):
        return page(pages_for(request, words).message("not_our_form"), status=403)
    try:
        subject, may_act = read_cancel_link(application, token)
    except (LinkInvalid, LinkExpired) as error:
        return refuse_link(request, words, error)
    wish = form.get("do", "")
    if wish not in set(Do) or not may_act:
        return _shown(request, words, subject, path, may_act=may_act)
    pages = _pages(request, words, application, subject)
    visitor = Visitor(subject.customer_id, subject.subject_id, "page", pages.language.tag)
    visit = request.query_params.get("visit") or form.get("visit")
    press = Press(Do(wish), visitor, visit, form)
    back = _back(application, subject)
    visit_id = act(application, press, lambda scene: cancel_html(pages, scene, action=path, back=back))
    return RedirectResponse(f"{path}?visit={visit_id}", 303, headers=NO_STORE)


@router.api_route("/undo/{token:path}", methods=["GET", "HEAD"])
def show_undo(request: Request, token: str, words: Words) -> Response:
    """How the cancellation stands, with a button to take it back. Changes nothing."""
    return _undo(request, words, token, press=False)


@router.options("/undo/{token:path}")
def undo_options() -> Response:
    return allowed()


@router.post("/undo/{token:path}")
def use_undo(request: Request, token: str, words: Words) -> Response:
    """Take the cancellation back, if the provider still can."""
    if not is_ours(request):
        return page(pages_for(request, words).message("not_our_form"), status=403)
    return _undo(request, words, token, press=True)


def _undo(request: Request, words: Catalogues, token: str, *, press: bool) -> Response:
    application, path = application_of(request), f"/undo/{token}"
    try:
        subject = application.links.read(LinkPurpose.UNDO, token)
        scene = undo(application, subject, press=press)
    except (LinkInvalid, LinkExpired) as error:
        return refuse_link(request, words, error)
    if press:
        return RedirectResponse(path, 303, headers=NO_STORE)
    pages = _pages(request, words, application, subject, scene)
    html = cancel_html(pages, scene, action=path, reloads=reloads_of(request))
    return page(html, status=410 if scene.screen is Screen.ENDED else 200)


def read_cancel_link(application: CancelApplication, token: str) -> tuple[LinkSubject, bool]:
    """Whom and what a link is about, and whether its holder may act; raises LinkInvalid or LinkExpired.

    A link for looking only has a purpose of its own: nothing in the address turns it into one that acts.
    """
    for purpose in (LinkPurpose.CANCEL, LinkPurpose.CANCEL_BY_MAIL):
        with suppress(LinkInvalid):
            return application.links.read(purpose, token), True
    return application.links.read(LinkPurpose.CANCEL_VIEW, token), False


def _shown(
    request: Request, words: Catalogues, subject: LinkSubject, path: str, *, may_act: bool = True
) -> Response:
    application = application_of(request)
    visit_id = request.query_params.get("visit")
    about, now = (subject.customer_id, subject.subject_id), application.clock()
    with application.db.read() as session:
        scene = scene_of(session, *about, visit_id, application.cancelling, now=now)
        kept = None
        if scene.visit_id and scene.screen in STORED and may_act:
            kept = repository.latest_screen(session, scene.visit_id)
        if kept is not None and kept.screen == scene.screen:
            return page(kept.content)  # to the letter what is kept as evidence
    pages = _pages(request, words, application, subject, scene)
    scene, back = replace(scene, may_act=may_act), _back(application, subject)
    html = cancel_html(pages, scene, action=path, reloads=reloads_of(request), back=back)
    return page(html, status=410 if scene.screen is Screen.ENDED and scene.visit_id is None else 200)


def _pages(
    request: Request,
    words: Catalogues,
    application: CancelApplication,
    subject: LinkSubject,
    scene: Scene | None = None,
) -> Pages:
    if scene is None:
        about, now = (subject.customer_id, subject.subject_id), application.clock()
        with application.db.read() as session:
            scene = scene_of(session, *about, None, application.cancelling, now=now)
    place = scene.place
    own = place.language.tag if place and place.language.source != "default" else None
    own = subject.locale or own  # what they read on the merchant's own pages a moment ago
    return pages_for(request, words, own=own, zone=place.zone.name if place else None)


def _back(application: CancelApplication, subject: LinkSubject) -> str | None:
    """Where the link leads back to, if it is still one of the merchant's own addresses."""
    if subject.back is None:
        return None
    return subject.back if may_lead_back(subject.back, application.config.links.return_origins) else None
