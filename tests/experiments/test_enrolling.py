"""Assignments as rows: sticky within a year and under the same odds, and counted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.db import Database
from app.experiments.models import AssignmentRow
from app.experiments.rules import Assignment, Experiment, is_held_out
from app.experiments.service import arms_of, enrol

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
NEXT_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
OFFERS = Experiment("cancellation", control="no_offer", arms={"plain": 1.0, "bold": 3.0})
CUSTOMERS = [f"cus_{n}" for n in range(40)]


def drawn(
    session: Session, share: float = 0.2, experiment: Experiment = OFFERS, *, at: datetime = NOW
) -> dict[str, Assignment]:
    """Everybody's arm when they become eligible at an instant."""
    known = arms_of(session, CUSTOMERS)
    return {c: enrol(session, experiment, share, c, known, at=at, now=at) for c in CUSTOMERS}


def test_within_a_year_a_customer_keeps_the_arm_also_when_the_weights_change(database: Database) -> None:
    with database.write() as session:
        first = drawn(session)
    other = Experiment("cancellation", control="no_offer", arms={"plain": 1.0, "new": 9.0})
    with database.write() as session:
        assert drawn(session, experiment=other, at=datetime(2026, 12, 31, 23, tzinfo=UTC)) == first
        known = arms_of(session, ["cus_new"])
        assert known == {}
        assert enrol(session, other, 0, "cus_new", known, at=NOW, now=NOW).arm in other.arms


def test_the_next_year_is_drawn_anew_beside_the_old_one(database: Database) -> None:
    with database.write() as session:
        old = drawn(session)
    with database.write() as session:
        new = drawn(session, at=NEXT_YEAR)
    assert {a.experiment for a in new.values()} == {"cancellation:2027:0.2:no_offer"}
    assert {c for c in CUSTOMERS if old[c].arm == "no_offer"} == {
        c for c in CUSTOMERS if is_held_out(0.2, 2026, c)
    }
    assert {c for c in CUSTOMERS if new[c].arm == "no_offer"} == {
        c for c in CUSTOMERS if is_held_out(0.2, 2027, c)
    }
    with database.read() as session:
        assert len(list(session.scalars(select(AssignmentRow)))) == 2 * len(CUSTOMERS)


def test_the_year_of_a_lot_is_the_one_in_utc(database: Database) -> None:
    new_year_in_auckland = datetime.fromisoformat("2027-01-01T08:00:00+13:00")
    with database.write() as session:
        given = enrol(session, OFFERS, 0.2, "cus_1", {}, at=new_year_in_auckland, now=NOW)
    assert given.experiment == "cancellation:2026:0.2:no_offer"


def test_another_share_begins_a_period_of_its_own_and_keeps_whom_the_smaller_one_held_out(
    database: Database,
) -> None:
    with database.write() as session:
        few = drawn(session, 0.1)
    with database.write() as session:
        more = drawn(session, 0.5)
        assert drawn(session, 0.1) == few
    assert {a.experiment for a in more.values()} == {"cancellation:2026:0.5:no_offer"}
    held = [{c for c in CUSTOMERS if arms[c].arm == "no_offer"} for arms in (few, more)]
    assert held[0] < held[1]


def test_an_assignment_is_written_down_with_the_chance_of_its_arm(database: Database) -> None:
    with database.write() as session:
        drawn(session, 0.5)
    with database.read() as session:
        chances = {row.arm: row.propensity for row in session.scalars(select(AssignmentRow))}
    assert chances == pytest.approx({"no_offer": 0.5, "plain": 0.125, "bold": 0.375})
