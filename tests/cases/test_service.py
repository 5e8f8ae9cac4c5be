from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.campaigns.planner import PlannedStep, Stage
from app.cases import repository, service
from app.cases.models import Case, Step
from app.cases.states import CaseKind, CaseState, Outcome, StepState
from app.core.db import Database
from app.core.errors import Conflict
from app.core.waiting import Queues
from app.experiments.rules import Assignment

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def day(number: float) -> datetime:
    return NOW + timedelta(days=number)


def opened(session: Session, customer: str = "cus_1", *, days: float = 0) -> Case:
    case = service.open_case(
        session,
        kind=CaseKind.DUNNING,
        customer_id=customer,
        category="hard",
        opened_at=day(days),
        policy_version="v1",
        given=Assignment("dunning:2026:0", "treated", 1.0),
    )
    session.flush()
    return case


def planned(session: Session, case: Case, *days: float, why: str = "first plan") -> list[Step]:
    steps = [PlannedStep(n, Stage.REMINDER, day(d)) for n, d in enumerate(days)]
    now_planned = repository.planned_steps(session, [case.id])[case.id]
    service.replan(session, case, now_planned, steps, give_up_at=day(28), why=why, now=NOW)
    session.flush()
    return repository.steps_of(session, case.id)


def test_a_customer_has_one_open_case_of_a_kind(database: Database) -> None:
    with database.write() as session:
        opened(session)
        opened(session, "cus_2")
    with pytest.raises(IntegrityError), database.write() as session:
        opened(session)
    with database.write() as session:
        for case in repository.cases_of(session, CaseKind.DUNNING, ["cus_1"])["cus_1"]:
            service.hold(session, case, "a reason", now=NOW)
    with pytest.raises(IntegrityError), database.write() as session:
        opened(session)  # a held one is open too


def test_after_a_closed_case_another_may_open(database: Database) -> None:
    with database.write() as session:
        service.stop(session, opened(session), "Stopped.", now=NOW)
        session.flush()
        opened(session, days=1)
        found = repository.cases_of(session, CaseKind.DUNNING, ["cus_1"])["cus_1"]
        assert [c.state for c in found] == ["closed", "open"]


def test_a_new_plan_takes_the_place_of_what_is_planned_and_keeps_what_was_done(database: Database) -> None:
    with database.write() as session:
        case = opened(session)
        first = planned(session, case, 0, 3)
        service.decide(first[0], StepState.DONE, None, now=NOW)
        session.flush()
        steps = planned(session, case, 1, 4, why="another reason")
        assert [(s.key, s.state) for s in steps] == [
            ("1:0", "done"),
            ("2:0", "planned"),
            ("1:1", "skipped"),
            ("2:1", "planned"),
            ("1:give_up", "planned"),
        ]
        assert steps[2].reason == "replaced by a new plan: another reason"


def test_a_stopped_case_has_nothing_planned_and_says_why(database: Database) -> None:
    with database.write() as session:
        case = opened(session)
        planned(session, case, 0, 3)
        service.hold(session, case, "a reason", now=NOW)
        service.stop(session, case, "Stopped.", now=day(1))
        session.flush()
        assert (case.state, case.outcome, case.closed_at, case.held_reason) == (
            CaseState.CLOSED,
            Outcome.STOPPED,
            day(1),
            None,
        )
        steps = repository.steps_of(session, case.id)
        assert {s.state for s in steps} == {"skipped"}
        assert all(s.reason and s.decided_at for s in steps)
        assert repository.timeline_of(session, case.id)[-1].code == "closed.stopped"
        with pytest.raises(Conflict):
            service.stop(session, case, "Again.", now=NOW)
        with pytest.raises(Conflict):
            service.hold(session, case, "again", now=NOW)
        with pytest.raises(Conflict):
            service.release(session, case, "again", now=NOW)


def test_holding_twice_for_one_reason_is_told_once(database: Database) -> None:
    with database.write() as session:
        case = opened(session)
        for reason in ("one", "one", "other"):
            service.hold(session, case, reason, now=NOW)
        service.release(session, case, "it is over", now=NOW)
        session.flush()
        codes = [e.code for e in repository.timeline_of(session, case.id)]
        assert codes == ["held", "held", "released"]
        assert (case.state, case.held_reason) == (CaseState.OPEN, None)
        with pytest.raises(Conflict):
            service.release(session, case, "again", now=NOW)


def test_only_open_cases_with_a_due_step_are_due_longest_waiting_first(database: Database) -> None:
    with database.write() as session:
        for number, due in enumerate((2, 1, 3)):
            planned(session, opened(session, f"cus_{number}"), due)
        held, stopped = opened(session, "cus_held"), opened(session, "cus_stopped")
        for case in (held, stopped):
            planned(session, case, 0)
        service.hold(session, held, "a reason", now=NOW)
        service.stop(session, stopped, "Stopped.", now=NOW)
    with database.write() as session:
        assert [c.customer_id for c in repository.due_cases(session, day(2), 10)] == ["cus_1", "cus_0"]
        assert [c.customer_id for c in repository.due_cases(session, day(2), 1)] == ["cus_1"]
        assert repository.due_cases(session, day(1) - timedelta(microseconds=1), 10) == []
        steps = Queues({"steps": repository.STEPS})
        assert steps.due(session, day(1)) == {"steps"}
        assert steps.due(session, day(1) - timedelta(microseconds=1)) == set()
        assert steps.next_due(session, day(2)) == day(3)
        assert steps.next_due(session, day(28)) is None


def test_two_workers_do_not_get_the_same_due_case(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has one writer")
    with database.write() as session:
        for number in range(4):
            planned(session, opened(session, f"cus_{number}"), 0)
    with database.write() as one, database.write() as other:
        mine = {c.id for c in repository.due_cases(one, NOW, 2)}
        theirs = {c.id for c in repository.due_cases(other, NOW, 4)}
        assert (len(mine), len(theirs)) == (2, 2)
        assert not mine & theirs


def test_pages_of_cases_follow_each_other_without_gap_or_repeat(database: Database) -> None:
    with database.write() as session:
        for number in range(7):
            opened(session, f"cus_{number}", days=number // 3)  # several in one second
    with database.read() as session:
        found: list[str] = []
        cursor: tuple[datetime, str] | None = None
        while page := repository.listing(session, before=cursor, limit=2):
            found += [c.id for c in page]
            cursor = (page[-1].opened_at, page[-1].id)
        whole = [c.id for c in repository.listing(session, limit=50)]
        assert found == whole
        assert len(set(found)) == 7
        assert [c.customer_id for c in repository.listing(session, customer_id="cus_3")] == ["cus_3"]
        assert repository.listing(session, state="closed") == []
