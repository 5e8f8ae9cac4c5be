"""Reads and writes of visits and screens."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cancellation.models import CancelScreen, CancelVisit
from app.cancellation.states import Screen
from app.cases.models import Case
from app.cases.states import CaseKind, CaseState
from app.core.ids import new_id
from app.outbox.models import Action
from app.outbox.states import ActionState


def open_case_of(session: Session, customer_id: str, subscription_id: str) -> Case | None:
    """The case about this subscription that is not closed, held until the transaction ends."""
    query = select(Case).where(
        Case.customer_id == customer_id,
        Case.kind == CaseKind.CANCELLATION,
        Case.subject_id == subscription_id,
        Case.state != CaseState.CLOSED,
    )
    return session.scalar(query.with_for_update())


def latest_case_of(session: Session, customer_id: str, subscription_id: str) -> Case | None:
    """The newest case about this subscription, open or closed."""
    query = select(Case).where(
        Case.customer_id == customer_id,
        Case.kind == CaseKind.CANCELLATION,
        Case.subject_id == subscription_id,
    )
    return session.scalar(query.order_by(Case.opened_at.desc(), Case.id.desc()).limit(1))


def action_of(session: Session, case_id: str, name: str) -> Action | None:
    """The case's action of this name, if it was wanted."""
    return session.scalar(select(Action).where(Action.key == f"{case_id}:{name}"))


def visit(session: Session, visit_id: str | None, *, lock: bool = False) -> CancelVisit | None:
    if not visit_id:
        return None
    query = select(CancelVisit).where(CancelVisit.id == visit_id)
    return session.scalar(query.with_for_update() if lock else query)


def visits_of(session: Session, case_ids: Collection[str]) -> list[CancelVisit]:
    """All visits of these cases, oldest first."""
    query = select(CancelVisit).where(CancelVisit.case_id.in_(sorted(case_ids)))
    return list(session.scalars(query.order_by(CancelVisit.case_id, CancelVisit.number)))


def record_screen(
    session: Session, row: CancelVisit, content: str, *, now: datetime, screen: Screen | None = None
) -> CancelScreen:
    """Keep what is shown, with its hash: the next screen of the visit. `screen`: if not the visit's own."""
    last = session.scalar(select(func.max(CancelScreen.number)).where(CancelScreen.visit_id == row.id)) or 0
    kept = CancelScreen(
        id=new_id("screen"),
        visit_id=row.id,
        customer_id=row.customer_id,
        number=last + 1,
        screen=screen or row.screen,
        shown_at=now,
        sha256=hashlib.sha256(content.encode()).hexdigest(),
        content=content,
    )
    session.add(kept)
    session.flush()
    return kept


def latest_screen(session: Session, visit_id: str) -> CancelScreen | None:
    query = select(CancelScreen).where(CancelScreen.visit_id == visit_id)
    return session.scalar(query.order_by(CancelScreen.number.desc()).limit(1))


def screens_of(session: Session, visit_ids: Collection[str]) -> list[CancelScreen]:
    query = select(CancelScreen).where(CancelScreen.visit_id.in_(sorted(visit_ids)))
    return list(session.scalars(query.order_by(CancelScreen.visit_id, CancelScreen.number)))


def last_word(session: Session, customer_id: str, subscription_id: str) -> str | None:
    """What our newest settled change made of a subscription's end: `ending`, `going_on`, None where none did.

    By our actions, not by our picture of the subscription, which may be some seconds behind.
    """
    query = select(Action).where(Action.customer_id == customer_id, Action.state == ActionState.DONE)
    for action in session.scalars(query.order_by(Action.id.desc())):
        if action.params.get("subscription") != subscription_id:
            continue
        status = (action.result or {}).get("status")
        if status == "cancelled":
            return "ending"
        took_back = (action.params.get("terms") or {}).get("was_ending") and status == "applied"
        if status == "kept" or took_back:
            return "going_on"
    return None
