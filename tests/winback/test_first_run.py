"""The day on which win-back is switched on: nobody's history is mailed, and everybody has a reason."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from app.cases.models import Case
from app.core import gates
from app.core.db import Base, Database
from app.core.recurring import NEVER_YET
from app.winback import planning
from app.winback.models import Lapse
from app.winback.rules.policy import WinbackPolicy
from app.winback.scan import WinbackScan
from benchmarks.winback import NOW, fill, look, setup_of

FEW = WinbackPolicy(enabled=True, first_run_most=20, most_per_day=30)


def test_the_first_run_stays_within_its_cap_and_everybody_else_has_a_reason(database: Database) -> None:
    fill(database, 500)
    setup = setup_of(FEW)
    first = look(database, setup, NOW)
    assert first.states["enrolled"] == 20
    assert sum(first.reasons.values()) == 480
    assert {"today_full", "no_consent", "too_old", "refunded", "disputed"} <= set(first.reasons)
    with database.read() as session:
        left = session.scalars(select(Lapse).where(Lapse.state != "enrolled")).all()
        assert all(row.left_out and row.why for row in left)
        enrolled = session.scalars(select(Lapse).where(Lapse.state == "enrolled")).all()
    assert all(NOW - row.ends_at <= timedelta(days=FEW.max_age_days) for row in enrolled)
    second = look(database, setup, NOW + timedelta(days=1))
    assert second.states["enrolled"] == 50
    again = WinbackScan(database, lambda: NOW + timedelta(days=1, hours=1), setup)
    with database.read() as session:
        assert not again.is_due(session, gates.registered(session), NOW + timedelta(days=1, hours=1))
    assert again.run() == 0


def test_the_plan_says_beforehand_what_the_look_will_do_and_writes_nothing(database: Database) -> None:
    fill(database, 300)
    setup = setup_of(FEW)
    look(database, setup_of(WinbackPolicy(enabled=True, first_run_most=1)), NOW)
    before, now = counts(database), NOW + timedelta(days=1)
    lines = list(planning.today(database, setup, now=now))
    assert counts(database) == before
    said = Counter(line.reason or "enrolled" for line in lines)
    look(database, setup, now)
    with database.read() as session:
        rows = list(session.execute(select(Lapse.id, Lapse.state, Lapse.left_out)))
    told = {line.subscription: line.reason for line in lines}
    assert {r.id: r.left_out for r in rows if r.id in told} == told
    assert said["enrolled"] == sum(r.state == "enrolled" for r in rows) - 1


def counts(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {
            t.name: session.scalar(select(func.count()).select_from(t)) or 0
            for t in Base.metadata.sorted_tables
        }


def test_two_workers_enrol_nobody_twice(database: Database) -> None:
    fill(database, 60)
    setup = setup_of(FEW)
    scans = [WinbackScan(database, lambda: NOW, setup) for _ in range(2)]
    assert [scan.run() for scan in scans] == [1, 0]
    with database.read() as session:
        assert max(Counter(session.scalars(select(Case.customer_id))).values()) == 1


def test_the_next_look_is_worth_waking_up_for_when_a_lapse_wants_one_or_somebody_is_back(
    database: Database,
) -> None:
    fill(database, 3)
    setup = setup_of(FEW)
    scan = WinbackScan(database, lambda: NOW, setup)

    def next_due() -> datetime | None:
        with database.read() as session:
            return scan.next_due(session, gates.registered(session), NOW)

    def change(**values: datetime | None) -> None:
        with database.write() as session:
            session.execute(update(Lapse).values(values))

    assert next_due() == NEVER_YET  # the first of all makes the lapses
    look(database, setup, NOW)
    change(look_at=NOW + timedelta(days=10))
    assert next_due() == NOW + timedelta(days=10)
    change(look_at=NOW)
    assert next_due() == NOW + timedelta(days=1)
    change(look_at=None)
    assert next_due() is None
    change(returned_at=NOW)
    assert next_due() == NOW + timedelta(days=1)
