"""The one question to who left without a word: its answer is kept once, as a visit of the case."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.cancellation import repository
from app.cancellation.models import CancelVisit
from app.cancellation.place import whereabouts
from app.cancellation.ports import Setup
from app.cancellation.rules.presets import preset_for
from app.cancellation.service import COMMENT_LIMIT
from app.cancellation.states import Screen
from app.cases import repository as case_rows
from app.cases import service as case_engine
from app.cases.models import Case
from app.cases.states import CaseKind
from app.core.errors import LinkInvalid
from app.core.ids import new_id
from app.core.links import LinkSubject

SURVEY = "survey"


def asked(session: Session, subject: LinkSubject, *, lock: bool = False) -> Case:
    """The case that a link of the question is about; raises LinkInvalid."""
    case = case_rows.get(session, subject.subject_id, lock=lock)
    ours = case is not None and case.kind == CaseKind.CANCELLATION
    if (
        case is None
        or not ours
        or (case.customer_id, case.link_epoch) != (subject.customer_id, subject.epoch)
    ):
        raise LinkInvalid("this link is not one of ours")
    return case


def is_answered(session: Session, case: Case) -> bool:
    """Whether we know the reason, or have been told all that we will be told."""
    return bool(repository.visits_of(session, [case.id]))


def answer(
    session: Session,
    case: Case,
    setup: Setup,
    *,
    reason: str | None,
    comment: str | None,
    locale: str,
    now: datetime,
) -> bool:
    """Keep the first answer; False for any other, and for one that says nothing. The case's row is held.

    A reason that is not of the list is none, and a long comment is cut.
    """
    reason = reason if reason in setup.cancellation.reasons else None
    comment = (comment or "").strip()[:COMMENT_LIMIT] or None
    if (reason is None and comment is None) or is_answered(session, case):
        return False
    place = whereabouts(session, case.customer_id)
    preset = preset_for(place)
    session.add(
        CancelVisit(
            id=new_id("visit"),
            case_id=case.id,
            number=1,
            customer_id=case.customer_id,
            subscription_id=case.subject_id,
            entry=SURVEY,
            preset=preset.name,
            preset_version=preset.version,
            country=place.country,
            place_source=place.source,
            locale=locale,
            screen=Screen.ENDED,
            reason=reason,
            comment=comment,
            offers_shown=0,
            refused={},
            started_at=now,
        )
    )
    case.category = reason or case.category
    case_engine.note(session, case, "survey.answered", "The question why was answered.", now=now)
    return True
