"""Reads and writes of cases, steps and the timeline."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, join, select, text
from sqlalchemy.orm import Session

from app.cases.models import ENDS_BY_ITSELF, IS_PLANNED, NOT_CLOSED, Case, Step, TimelineEntry
from app.cases.states import CaseKind, CaseState, StepState
from app.core.waiting import waiting

# A literal, so that the partial index on planned steps is used; named with its table, as it is joined.
PLANNED = text(f"steps.{IS_PLANNED.text}")
ENDING = text(f"cases.{ENDS_BY_ITSELF.text}")


def cases_of(session: Session, kind: CaseKind, customer_ids: Collection[str]) -> dict[str, list[Case]]:
    """Every case of a kind of these customers, oldest first, held until the transaction ends."""
    query = (
        select(Case)
        .where(Case.kind == kind, Case.customer_id.in_(sorted(customer_ids)))
        .order_by(Case.opened_at, Case.id)
        .with_for_update()
    )
    found: dict[str, list[Case]] = {c: [] for c in customer_ids}
    for case in session.scalars(query):
        found[case.customer_id].append(case)
    return found


_case = Case.__table__.c
_WITH_CASES = (
    select(_case.customer_id)
    .where(_case.kind == bindparam("kind"), _case.customer_id.in_(bindparam("customers", expanding=True)))
    .distinct()
)


def customers_with_cases(session: Session, kind: CaseKind, customer_ids: Collection[str]) -> set[str]:
    if not customer_ids:
        return set()
    wanted = {"kind": kind.value, "customers": sorted(customer_ids)}
    return set(session.connection().execute(_WITH_CASES, wanted).scalars())


def open_kinds(session: Session, customer_ids: Collection[str]) -> list[tuple[str, str]]:
    """`(customer, kind)` of every case of these customers that is not closed."""
    query = select(Case.customer_id, Case.kind).where(
        Case.customer_id.in_(sorted(customer_ids)), Case.state != CaseState.CLOSED
    )
    return [(row.customer_id, row.kind) for row in session.execute(query)]


def open_cases_of(session: Session, customer_id: str, *, lock: bool = False) -> list[Case]:
    """A customer's cases that are open or held, oldest first."""
    query = select(Case).where(Case.customer_id == customer_id, Case.state != CaseState.CLOSED)
    query = query.order_by(Case.opened_at, Case.id)
    return list(session.scalars(query.with_for_update() if lock else query))


def get(session: Session, case_id: str, *, lock: bool = False) -> Case | None:
    query = select(Case).where(Case.id == case_id)
    return session.scalar(query.with_for_update() if lock else query)


# Built once: building it takes longer than running it, and an idle worker asks all the time.
_DUE_STEPS = (
    select(Step.case_id, Step.due_at)
    .join(Case, Case.id == Step.case_id)
    .where(PLANNED, Step.due_at <= bindparam("now"), Case.state == CaseState.OPEN)
)
STEPS = waiting(
    Step.due_at, PLANNED, Case.state == CaseState.OPEN, source=join(Step, Case, Case.id == Step.case_id)
)
HOLDS = waiting(Case.held_until, ENDING)


def holds_ended(session: Session, now: datetime, limit: int) -> list[Case]:
    """Held cases whose hold ends by itself and has, each held by this worker alone."""
    query = select(Case).where(ENDING, Case.held_until <= now).order_by(Case.held_until, Case.id)
    return list(session.scalars(query.limit(limit).with_for_update(skip_locked=True)))


def postpone(session: Session, case_id: str, *, now: datetime, until: datetime, reason: str) -> None:
    """Move a case's due steps to a later time."""
    for step in planned_steps(session, [case_id])[case_id]:
        if step.due_at <= now:
            step.due_at, step.reason = until, reason


def due_cases(session: Session, now: datetime, limit: int, leaving_out: Collection[str] = ()) -> list[Case]:
    """Open cases with a step that is due, each held by this worker alone."""
    # The soonest steps first and then their cases, so that only due steps are read. A few times as many
    # steps as cases, because a case may have several due and another worker may hold some.
    steps = _DUE_STEPS.where(Case.id.not_in(sorted(leaving_out))).order_by(Step.due_at, Step.id)
    due = steps.limit(4 * limit).subquery()
    soonest = select(due.c.case_id, func.min(due.c.due_at).label("due_at")).group_by(due.c.case_id).subquery()
    query = (
        select(Case)
        .join(soonest, soonest.c.case_id == Case.id)
        .where(Case.state == CaseState.OPEN)
        .order_by(soonest.c.due_at, Case.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Case)
        .params(now=now)
    )
    return list(session.scalars(query))


def planned_steps(session: Session, case_ids: Collection[str]) -> dict[str, list[Step]]:
    """Steps still planned, by case, soonest first."""
    query = (
        select(Step)
        .where(Step.case_id.in_(sorted(case_ids)), Step.state == StepState.PLANNED)
        .order_by(Step.due_at, Step.id)
    )
    found: dict[str, list[Step]] = {c: [] for c in case_ids}
    for step in session.scalars(query):
        found[step.case_id].append(step)
    return found


def steps_of(session: Session, case_id: str) -> list[Step]:
    return list(session.scalars(select(Step).where(Step.case_id == case_id).order_by(Step.due_at, Step.id)))


def timeline_of(session: Session, case_id: str) -> list[TimelineEntry]:
    query = select(TimelineEntry).where(TimelineEntry.case_id == case_id).order_by(TimelineEntry.id)
    return list(session.scalars(query))


def listing(
    session: Session,
    *,
    kind: str | None = None,
    state: str | None = None,
    customer_id: str | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[Case]:
    """Cases, newest first, after a cursor of `(opened_at, id)`."""
    query = select(Case).order_by(Case.opened_at.desc(), Case.id.desc()).limit(limit)
    of_few = state is not None and state != CaseState.CLOSED
    # In a guise, or SQLite takes the index of kinds and walks through all cases of one for the few that are not closed.
    of_kind: Any = func.coalesce(Case.kind, "") if of_few else Case.kind
    wanted: dict[Any, str | None] = {of_kind: kind, Case.state: state, Case.customer_id: customer_id}
    for column, value in wanted.items():
        if value is not None:
            query = query.where(column == value)
    if of_few:
        query = query.where(NOT_CLOSED)  # as the index of these few says it
    if before is not None:
        at, key = before
        query = query.where((Case.opened_at < at) | ((Case.opened_at == at) & (Case.id < key)))
    return list(session.scalars(query))
