"""The one question by a signed link, after a cancellation by another way: GET asks, POST keeps the first answer."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse

from app.billing import repository as billing
from app.billing.states import CustomerState
from app.cancellation import survey
from app.cancellation.ports import Setup
from app.cases.models import Case
from app.cases.standing import place_shown
from app.contacts.rules.place import Place
from app.core.errors import LinkExpired, LinkInvalid
from app.core.i18n import Catalogues
from app.core.links import LinkPurpose
from app.core.web import page
from app.portal.asking import Form, Words, allowed, is_ours, pages_for, refuse_link
from app.portal.cancel.router import NO_STORE, application_of
from app.portal.pages import Pages

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Question:
    """Where the question stands, and where it is read."""

    is_answered: bool
    place: Place


@router.api_route("/survey/{token:path}", methods=["GET", "HEAD"])
def show_survey(request: Request, token: str, words: Words) -> Response:
    """The question, or thanks for the answer. Changes nothing: mail scanners open this before the customer."""
    application = application_of(request)
    try:
        subject = application.links.read(LinkPurpose.SURVEY, token)
        with application.db.read() as session:
            question = _question(session, survey.asked(session, subject), application.cancelling)
    except (LinkInvalid, LinkExpired) as error:
        return refuse_link(request, words, error)
    reasons = [(key, reason.label) for key, reason in application.cancelling.cancellation.reasons.items()]
    pages = _pages(request, words, question)
    return page(pages.told("survey", is_answered=question.is_answered, reasons=reasons))


@router.post("/survey/{token:path}")
def answer_survey(request: Request, token: str, words: Words, form: Form) -> Response:
    """Keep the answer and thank for it; a second one changes nothing and is thanked for all the same."""
    application = application_of(request)
    if not is_ours(request):
        return page(pages_for(request, words).message("not_our_form"), status=403)
    try:
        subject = application.links.read(LinkPurpose.SURVEY, token)
        with application.db.write() as session:
            case = survey.asked(session, subject, lock=True)
            language = _pages(request, words, _question(session, case, application.cancelling)).language
            survey.answer(
                session,
                case,
                application.cancelling,
                reason=form.get("reason"),
                comment=form.get("comment"),
                locale=language.tag,
                now=application.clock(),
            )
    except (LinkInvalid, LinkExpired) as error:
        return refuse_link(request, words, error)
    return RedirectResponse(f"/survey/{token}", 303, headers=NO_STORE)


@router.options("/survey/{token:path}")
def survey_options() -> Response:
    return allowed()


def _question(session: Session, case: Case, setup: Setup) -> Question:
    customer = billing.load(session, CustomerState, [case.customer_id]).get(case.customer_id)
    place = place_shown(session, case.customer_id, customer, setup.terms)
    return Question(survey.is_answered(session, case), place)


def _pages(request: Request, words: Catalogues, question: Question) -> Pages:
    place = question.place
    own = place.language.tag if place.language.source != "default" else None
    return pages_for(request, words, own=own, zone=place.zone.name)
