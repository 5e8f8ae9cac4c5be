"""Pages of cases: the list, and one case with its whole story."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Response

from app.cases.standing import place_shown
from app.cases.states import CaseKind, CaseState
from app.core.auth import Scope
from app.core.errors import Forbidden, NotFound
from app.core.text import clean_person_name
from app.ops import dossier
from app.ops.case_actions import REASON_LIMIT, CaseAct, act
from app.ops.case_lines import lines_of
from app.ops.cases import page_of_cases
from app.ops.forms import sent_by_operator
from app.ops.leaving_facts import screen_of
from app.ops.pages import PageRoute, render, see
from app.ops.ports import At
from app.ops.schemas import Key
from app.ops.session import Visitor, visitor

router = APIRouter(prefix="/ops/cases", route_class=PageRoute, include_in_schema=False)
PAGE = 50


@router.get("")
def list_cases(
    place: At,
    who: Annotated[Visitor, Depends(visitor)],
    state: Annotated[CaseState | None, Query()] = None,
    kind: Annotated[CaseKind | None, Query()] = None,
    customer: Annotated[str, Query(max_length=255, pattern=r"^[^\x00-\x1f]*$")] = "",
    cursor: Annotated[str | None, Query()] = None,
) -> Response:
    """All cases, newest first."""
    with place.db.read() as session:
        found, next_cursor = page_of_cases(
            session, kind=kind, state=state, customer=customer.strip() or None, limit=PAGE, after=cursor
        )
        return render(
            place,
            "cases.html",
            who,
            lines=lines_of(session, found),
            next_cursor=next_cursor,
            paging=cursor is not None,
            state=state,
            kind=kind,
            customer=customer.strip(),
            states=list(CaseState),
            kinds=list(CaseKind),
        )


@router.get("/{case_id}")
def show_case(place: At, who: Annotated[Visitor, Depends(visitor)], case_id: Key) -> Response:
    """One case: what is owed, what is planned, what happened and why."""
    with place.db.read() as session:
        found = dossier.read(session, case_id)
        terms = place.setup.terms
        lives = place_shown(session, found.case.customer_id, found.customer, terms)
        name = clean_person_name(found.customer.name) if found.customer else None
        return render(
            place,
            "case.html",
            who,
            found=found,
            case=found.case,
            zone=lives.zone,
            language=lives.language,
            name=name,
            limit=REASON_LIMIT,
            reply_days=terms.policy.reply_hold_days,
        )


@router.get("/{case_id}/screens/{screen_id}")
def show_screen(
    place: At, who: Annotated[Visitor, Depends(visitor)], case_id: Key, screen_id: Key
) -> Response:
    """A stored screen as text: what a stranger typed into it must not run here."""
    if not who.scope.covers(Scope.ADMIN):
        raise Forbidden(f"what customers were shown needs a key with the scope {Scope.ADMIN}")
    with place.db.read() as session:
        return render(
            place, "screen.html", who, screen=screen_of(session, case_id, screen_id), case_id=case_id
        )


@router.post("/{case_id}/{what}")
def change_case(
    place: At,
    who: Annotated[Visitor, Depends(sent_by_operator)],
    case_id: Key,
    what: str,
    reason: Annotated[str, Form(max_length=REASON_LIMIT)] = "",
) -> Response:
    """Hold, release, close or note an answer, then show the case again."""
    if what not in list(CaseAct):
        raise NotFound(f"a case cannot be told to {what}")
    now = place.clock()
    with place.db.write() as session:
        days = place.setup.terms.policy.reply_hold_days
        act(session, CaseAct(what), case_id, who=who.name, reason=reason, now=now, reply_days=days)
    return see(f"/ops/cases/{case_id}")
