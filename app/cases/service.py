"""What every kind of campaign does with its cases: open, note, plan, hold, release, close."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.campaigns.planner import PlannedStep
from app.cases import repository
from app.cases.models import Case, Step, TimelineEntry
from app.cases.states import CaseKind, CaseState, Outcome, StepKind, StepState
from app.core.errors import Conflict
from app.core.ids import new_id
from app.experiments.rules import Assignment


def open_case(
    session: Session,
    *,
    kind: CaseKind,
    customer_id: str,
    category: str,
    opened_at: datetime,
    policy_version: str,
    given: Assignment,
    subject_id: str = "",
) -> Case:
    """A new open case in an arm. The database refuses a second open one of the kind for the customer."""
    case = Case(
        id=new_id("case"),
        kind=kind,
        customer_id=customer_id,
        subject_id=subject_id,
        state=CaseState.OPEN,
        category=category,
        opened_at=opened_at,
        policy_version=policy_version,
        plan_number=0,
        contacts=0,
        link_epoch=0,
        experiment=given.experiment,
        experiment_arm=given.arm,
        propensity=given.propensity,
        details={},
    )
    session.add(case)
    return case


def assignment_of(case: Case) -> Assignment:
    """The arm that the case was opened in."""
    return Assignment(case.experiment or case.kind, case.experiment_arm, case.propensity)


def note(session: Session, case: Case, code: str, sentence: str, *, now: datetime, **data: Any) -> None:
    """Write one sentence on the case's timeline."""
    session.add(TimelineEntry(case_id=case.id, at=now, code=code, sentence=sentence, data=data))


def decide(step: Step, state: StepState, reason: str | None, *, now: datetime) -> None:
    """Settle a step; a skipped one says why."""
    step.state, step.reason, step.decided_at = state, reason, now


def replan(
    session: Session,
    case: Case,
    planned: list[Step],
    steps: Sequence[PlannedStep],
    *,
    give_up_at: datetime,
    why: str,
    now: datetime,
) -> None:
    """Put a new plan in the place of what is still planned; what was sent or skipped stays.

    `planned` are the case's planned steps, and holds the new ones afterwards.
    """
    case.plan_number += 1
    give_up = next((s for s in planned if s.kind == StepKind.GIVE_UP), None)
    for old in planned:
        if old is not give_up:
            decide(old, StepState.SKIPPED, f"replaced by a new plan: {why}", now=now)
    if give_up is None:
        end = PlannedStep(number=0, stage=None, due_at=give_up_at)
        give_up = _step(case, "give_up", StepKind.GIVE_UP, end, now=now)
    give_up.due_at = give_up_at
    planned[:] = [*(_step(case, str(s.number), StepKind.MAIL, s, now=now) for s in steps), give_up]
    session.add_all(planned)


def _step(case: Case, name: str, kind: StepKind, step: PlannedStep, *, now: datetime) -> Step:
    return Step(
        id=new_id("step"),
        case_id=case.id,
        key=f"{case.plan_number}:{name}",
        kind=kind,
        number=step.number,
        stage=step.stage,
        state=StepState.PLANNED,
        due_at=step.due_at,
        planned_at=now,
    )


def close(
    session: Session,
    case: Case,
    planned: list[Step],
    outcome: Outcome,
    *,
    closed_at: datetime,
    sentence: str,
    now: datetime,
) -> None:
    """End a case: none of its `planned` steps is planned any more, and its links are dead."""
    case.state, case.outcome, case.closed_at = CaseState.CLOSED, outcome, closed_at
    case.held_reason = case.held_until = None
    for step in planned:
        decide(step, StepState.SKIPPED, f"the case is closed: {outcome}", now=now)
    planned.clear()
    note(session, case, f"closed.{outcome}", sentence, now=now)


def stop(session: Session, case: Case, sentence: str, *, now: datetime) -> None:
    """End a case by hand: it stays closed, whatever its invoices do later."""
    if case.state == CaseState.CLOSED:
        raise Conflict(f"{case.id} is closed already ({case.outcome})")
    planned = repository.planned_steps(session, [case.id])[case.id]
    close(session, case, planned, Outcome.STOPPED, closed_at=now, sentence=sentence, now=now)


def hold(session: Session, case: Case, reason: str, *, now: datetime, until: datetime | None = None) -> None:
    """Let nothing leave until the case is released, or until an instant if given.

    Holding a held case changes its reason and its end.
    """
    if case.state == CaseState.CLOSED:
        raise Conflict(f"{case.id} is closed ({case.outcome}); only an open case can be held")
    if (case.held_reason, case.held_until) != (reason, until):
        case.state, case.held_reason, case.held_until = CaseState.HELD, reason, until
        end = f"{until:%Y-%m-%d %H:%M} UTC, or until it is released" if until else "it is released"
        note(session, case, "held", f"The case is held: {reason}. Nothing is sent until {end}.", now=now)


def release(session: Session, case: Case, why: str, *, now: datetime) -> None:
    """Go on with a held case; steps whose time has passed meanwhile count as late."""
    if case.state != CaseState.HELD:
        raise Conflict(f"{case.id} is {case.state}; only a held case can be released")
    case.state, case.held_reason, case.held_until = CaseState.OPEN, None, None
    note(session, case, "released", f"The case goes on: {why}.", now=now)


def release_ended(session: Session, *, now: datetime, limit: int) -> int:
    """Go on with cases whose hold has come to its end by itself; returns how many."""
    ended = repository.holds_ended(session, now, limit)
    for case in ended:
        release(session, case, f"the hold has ended ({case.held_reason})", now=now)
    return len(ended)
