"""Cases in the API: list, one with its whole story, and what a person may do to it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from app.cases import repository as case_rows
from app.cases.models import Case
from app.cases.states import CaseKind, CaseState
from app.core.auth import Scope
from app.core.web import Caller, needs, no_store
from app.ops import cursor, dossier
from app.ops.case_actions import REASON_LIMIT, CaseAct, act
from app.ops.case_schemas import (
    ActionOut,
    CardSessionOut,
    CaseDetail,
    CaseList,
    CaseOut,
    LateInvoiceOut,
    MailOut,
    StepOut,
    TimelineOut,
)
from app.ops.leaving_facts import grant_out, screen_of, visit_out
from app.ops.leaving_schemas import ScreenContentOut
from app.ops.ports import At
from app.ops.schemas import Key, MoneyOut, problems

router = APIRouter(prefix="/api/cases", tags=["cases"], dependencies=[Depends(no_store)])
Reader = Annotated[Caller, Depends(needs(Scope.READ))]
Operator = Annotated[Caller, Depends(needs(Scope.OPERATE))]


class Why(BaseModel):
    """Why a person does this; it stays on the timeline with the key's name."""

    model_config = ConfigDict(extra="forbid")

    reason: str | None = Field(None, max_length=REASON_LIMIT)


class HoldWhy(Why):
    """`until`: when the case goes on by itself; without it a person releases it."""

    until: AwareDatetime | None = None


@router.get("", responses=problems(422))
def list_cases(
    at: At,
    _: Reader,
    kind: CaseKind | None = None,
    state: CaseState | None = None,
    customer: Key | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query()] = None,
) -> CaseList:
    """Cases, newest first."""
    with at.db.read() as session:
        found, next_cursor = page_of_cases(
            session, kind=kind, state=state, customer=customer, limit=limit, after=cursor
        )
        return CaseList(data=[CaseOut.model_validate(c) for c in found], next_cursor=next_cursor)


def page_of_cases(
    session: Session,
    *,
    kind: CaseKind | None = None,
    state: CaseState | None = None,
    customer: str | None = None,
    limit: int = 50,
    after: str | None = None,
) -> tuple[list[Case], str | None]:
    """One page and the cursor of the next one."""
    rows = case_rows.listing(
        session, kind=kind, state=state, customer_id=customer, before=cursor.decode(after), limit=limit + 1
    )
    last = rows[limit - 1] if len(rows) > limit else None
    return rows[:limit], cursor.encode(last.opened_at, last.id) if last else None


@router.get("/{case_id}", responses=problems(404))
def show_case(at: At, _: Reader, case_id: Key) -> CaseDetail:
    """One case: late invoices, steps with their reasons, the timeline, mails, actions, card pages."""
    with at.db.read() as session:
        found = dossier.read(session, case_id)
        return CaseDetail(
            case=CaseOut.model_validate(found.case),
            invoices=[_invoice(d) for d in found.debts],
            steps=[StepOut.model_validate(s) for s in found.steps],
            timeline=[TimelineOut.model_validate(t) for t in found.timeline],
            mails=[MailOut.model_validate(m) for m in found.mails],
            actions=[ActionOut.model_validate(a) for a in found.actions],
            card_sessions=[CardSessionOut.model_validate(s) for s in found.card_sessions],
            visits=[visit_out(v) for v in found.leaving.visits] if found.leaving else [],
            grants=[grant_out(g) for g in found.leaving.grants] if found.leaving else [],
        )


@router.get("/{case_id}/screens/{screen_id}", responses=problems(404))
def show_screen(
    at: At, _: Annotated[Caller, Depends(needs(Scope.ADMIN))], case_id: Key, screen_id: Key
) -> ScreenContentOut:
    """What a customer was shown on the cancel page, to the letter."""
    with at.db.read() as session:
        return ScreenContentOut.model_validate(screen_of(session, case_id, screen_id))


def _invoice(debt: dossier.Debt) -> LateInvoiceOut:
    row, invoice = debt.row, debt.invoice
    return LateInvoiceOut(
        invoice_id=row.invoice_id,
        number=invoice.number if invoice else None,
        label=invoice.label if invoice else None,
        subscription_id=invoice.subscription_id if invoice else None,
        at_risk=MoneyOut(amount_minor=row.at_risk_minor, currency=row.currency),
        paid=MoneyOut(amount_minor=row.paid_minor, currency=row.currency),
        returned=MoneyOut(amount_minor=row.returned_minor, currency=row.currency),
        failed_at=row.failed_at,
        first_after_trial=row.first_after_trial,
        result=row.result,
        settled_at=row.settled_at,
        paid_at=row.paid_at,
        standing=debt.standing,
    )


@router.post("/{case_id}/hold", responses=problems(404, 409, 422))
def hold_case(at: At, who: Operator, case_id: Key, why: HoldWhy | None = None) -> CaseOut:
    """Let nothing leave for this case until it is released, or until an instant if one is given."""
    return _carry_out(at, CaseAct.HOLD, case_id, who, why, why.until if why else None)


@router.post("/{case_id}/answered", responses=problems(404, 409, 422))
def note_answer(at: At, who: Operator, case_id: Key, why: Why | None = None) -> CaseOut:
    """The customer has answered by another way: the case waits `reply_hold_days`, and a task asks a person."""
    return _carry_out(at, CaseAct.ANSWERED, case_id, who, why)


@router.post("/{case_id}/release", responses=problems(404, 409, 422))
def release_case(at: At, who: Operator, case_id: Key, why: Why | None = None) -> CaseOut:
    """Go on with a held case."""
    return _carry_out(at, CaseAct.RELEASE, case_id, who, why)


@router.post("/{case_id}/close", responses=problems(404, 409, 422))
def close_case(at: At, who: Operator, case_id: Key, why: Why | None = None) -> CaseOut:
    """End a case by hand (outcome `stopped`): its links die, and these invoices never reopen it."""
    return _carry_out(at, CaseAct.CLOSE, case_id, who, why)


def _carry_out(
    at: At, what: CaseAct, case_id: Key, who: Caller, why: Why | None, until: datetime | None = None
) -> CaseOut:
    with at.db.write() as session:
        case = act(
            session,
            what,
            case_id,
            who=who.name,
            reason=why.reason if why else None,
            now=at.clock(),
            until=until,
            reply_days=at.setup.terms.policy.reply_hold_days,
        )
        return CaseOut.model_validate(case)
