"""Retention, churn, net change, cohorts and attrition."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.db import Database
from app.stats.cancellations_rules import Share
from app.stats.months import last_of
from app.stats.retention import RetentionReport, attrition, report
from app.stats.retention_raw import JOINED, LEFT, between
from app.stats.retention_rules import (
    Leaves,
    Movement,
    RetentionBy,
    RetentionFigures,
    cohort,
    figures_of,
    figures_of_months,
)
from app.stats.retention_tables import COLUMNS, as_csv, as_json, attrition_words, write
from app.stats.rules import Window
from app.stats.tables import Format
from app.stats.tenures_models import TenureRow
from tests.rollups import keep
from tests.stats.factories import NOW, day

JAN, FEB, MAR, APR = (date(2026, m, 1) for m in (1, 2, 3, 4))
END = date(2026, 3, 31)


def test_of_100_at_the_start_5_leave_and_of_20_who_join_5_leave_again() -> None:
    """The issue's example: 95 % and 5 %, whatever the newcomers do."""
    found = figures_of(
        [
            Movement(JAN, JAN, joined=100),
            Movement(JAN, MAR, left=Leaves(voluntary=4, involuntary=1)),
            Movement(MAR, MAR, joined=20),
            Movement(MAR, MAR, left=Leaves(voluntary=5)),
        ],
        MAR,
        END,
    )
    assert (found.at_start, found.still_there, found.joined, found.joined_still_there) == (100, 95, 20, 15)
    assert found.retention == Share(95, 100)
    assert found.churn == Share(5, 100)
    assert found.from_totals == found.retention  # (110 - 15) / 100
    assert found.net_change == Share(-10, 100)  # (100 - 110) / 100: it grew
    # With all 20 newcomers taken off, as is often done, it would be 90 %: too low.
    assert (found.at_end - found.joined) / found.at_start == 0.90


Times = st.lists(
    st.tuples(st.integers(0, 11), st.one_of(st.none(), st.integers(0, 11)), st.booleans()), max_size=30
)


@given(Times, st.integers(0, 11), st.integers(0, 11))
def test_retention_and_churn_make_one_and_nobody_is_lost(times: Any, a: int, b: int) -> None:
    first, last = min(a, b), max(a, b)
    lived = [(began, max(began, ended) if ended is not None else None, why) for began, ended, why in times]
    found = figures_of(
        [Movement(_month(s), _month(s), joined=1) for s, _, _ in lived]
        + [
            Movement(_month(s), _month(e), left=Leaves(voluntary=int(why), involuntary=int(not why)))
            for s, e, why in lived
            if e is not None
        ],
        _month(first),
        _month(last),
    )
    # Counted customer by customer.
    at_start = [t for t in lived if t[0] < first and (t[1] is None or t[1] >= first)]
    assert found.at_start == len(at_start)
    assert found.still_there == sum(e is None or e > last for _, e, _ in at_start)
    assert found.at_end == sum(s <= last and (e is None or e > last) for s, e, _ in lived)
    assert found.retention.numerator + found.churn.numerator == found.at_start
    assert found.from_totals == found.retention


@given(Times, st.integers(0, 11), st.integers(0, 11))
def test_months_in_one_pass_are_the_months_one_by_one(times: Any, a: int, b: int) -> None:
    """Also where a first month has nothing before it, and an empty one lies between two others."""
    moved = [Movement(_month(s), _month(s), joined=1) for s, _, _ in times]
    moved += [
        Movement(_month(s), _month(max(s, e)), left=Leaves(voluntary=int(why), involuntary=int(not why)))
        for s, e, why in times
        if e is not None
    ]
    shown = [_month(number) for number in range(min(a, b), max(a, b) + 1)]
    assert figures_of_months(moved, shown) == [figures_of(moved, m, last_of(m)) for m in shown]


def _month(number: int) -> date:
    return date(2026, number + 1, 1)


def test_a_cohort_is_those_who_joined_in_a_month() -> None:
    moved = [
        Movement(JAN, JAN, joined=10),
        Movement(JAN, JAN, left=Leaves(voluntary=1)),
        Movement(JAN, FEB, left=Leaves(involuntary=2)),
        Movement(FEB, FEB, joined=5),
        Movement(FEB, FEB, left=Leaves(voluntary=5)),
    ]
    ends = [date(2026, 1, 31), date(2026, 2, 28), END]
    assert cohort(moved, JAN, ends) == [Share(9, 10), Share(7, 10), Share(7, 10)]
    assert cohort(moved, FEB, ends[1:]) == [Share(0, 5), Share(0, 5)]


def tenure(
    db: Database, name: str, began: str, ended: str | None = None, number: int = 1, **fields: Any
) -> None:
    row = {
        "involuntary": False,
        "reason": None,
        "structural": None,
        "price_id": "price_team",
        "term": "month",
    }
    with db.write() as session:
        session.add(
            TenureRow(
                customer_id=f"cus_{name}",
                number=number,
                began_at=day(began),
                ended_at=day(ended) if ended else None,
                **(row | {"currency": "usd"} | fields),
            )
        )


def some_years(db: Database) -> None:
    """Nine customers, of whom every figure can be told by hand."""
    tenure(db, "a", "2025-01-10")
    tenure(db, "b", "2025-01-20", "2026-02-10", reason="moved", structural=True)
    tenure(db, "c", "2025-03-01T00:00", "2026-03-31T23:59", reason="too_expensive", structural=False)
    tenure(db, "d", "2025-03-31T23:59", "2026-04-01T00:00", involuntary=True)
    tenure(db, "e", "2026-03-05", "2026-03-20")  # came and went within March
    tenure(db, "f", "2026-03-05", term="year", price_id="price_year")
    # Left in February, came back in March: a loss and a newcomer.
    tenure(db, "g", "2025-06-01", "2026-02-15")
    tenure(db, "g", "2026-03-10", number=2)
    # Yearly ones, for the attrition of June 2025 to May 2026: of h, i, j at the start, j left.
    tenure(db, "h", "2024-05-01", term="year", price_id="price_year")
    tenure(db, "i", "2025-05-31", term="year", price_id="price_year", currency="eur")
    tenure(
        db,
        "j",
        "2025-02-01",
        "2026-02-01",
        term="year",
        price_id="price_year",
        structural=True,
        reason="moved",
    )


def ask(db: Database, by: RetentionBy, first: str = "", last: str = "", **kwargs: Any) -> RetentionReport:
    keep(db, JOINED, LEFT)
    window = Window(date.fromisoformat(first), date.fromisoformat(last)) if first else None
    with db.read() as session:
        return report(session, by, window, now=NOW, **kwargs)


def test_the_figures_of_months_are_those_counted_by_hand(database: Database) -> None:
    some_years(database)
    found = ask(database, RetentionBy.MONTH, "2026-02-05", "2026-04-30")
    assert {row.group: (row.over, row.figures) for row in found.rows} == {
        # There on 1 February: a b c d g h i j; b, g and j leave.
        "2026-02": (True, RetentionFigures(8, 3, 0, 2, 0, 0, 0)),
        # a c d h i; c leaves a minute before the end; e f g join, e leaves again.
        "2026-03": (True, RetentionFigures(5, 1, 0, 0, 1, 3, 2)),
        # a d f g h i; d ends with the first instant of April, not paid.
        "2026-04": (True, RetentionFigures(6, 0, 1, 0, 0, 0, 0)),
    }
    march = found.rows[1].figures
    assert (march.still_there, march.at_end, march.retention.value, march.churn.value) == (4, 6, 0.8, 0.2)
    assert march.net_change.value == -0.2


def test_a_time_of_whole_months_and_one_of_days_tell_the_same(database: Database) -> None:
    some_years(database)
    [spring] = ask(database, RetentionBy.PERIOD, "2026-02-01", "2026-04-30").rows
    assert spring.figures == RetentionFigures(8, 4, 1, 2, 1, 3, 2)
    with database.read() as session:
        window = Window(date(2026, 2, 1), date(2026, 4, 30))
        assert between(session, window) == {"total": spring.figures}
    [days] = ask(database, RetentionBy.PERIOD, "2026-02-10", "2026-03-15").rows
    # There on the 10th: a b c d g h i (b leaves on that day, at midnight, and is there at its first instant).
    assert days.figures == RetentionFigures(7, 2, 0, 1, 0, 3, 3)


def test_plans_terms_and_currencies_apart(database: Database) -> None:
    some_years(database)
    rows = ask(database, RetentionBy.TERM, "2026-02-01", "2026-04-30").rows
    assert {r.group: (r.figures.at_start, r.figures.still_there) for r in rows} == {
        "month": (5, 1),
        "year": (3, 2),
    }
    rows = ask(database, RetentionBy.PLAN, "2026-02-10", "2026-03-15").rows
    assert {r.group: r.figures.at_start for r in rows} == {"price_team": 5, "price_year": 2}
    [euro] = ask(database, RetentionBy.PERIOD, "2026-02-01", "2026-04-30", currency="EUR").rows
    assert euro.figures == RetentionFigures(at_start=1)


def test_cohorts_end_with_the_last_month_that_is_over(database: Database) -> None:
    """Now is 10 June 2026."""
    some_years(database)
    found = ask(database, RetentionBy.COHORT, "2026-03-01", "2026-06-30")
    [march] = found.cohorts
    assert (march.month, march.joined) == ("2026-03", 3)
    assert march.shares == [Share(2, 3)] * 3  # at the end of March, April, May
    old = ask(database, RetentionBy.COHORT).cohorts[1]
    assert (old.month, old.joined, len(old.shares)) == ("2025-01", 2, 13)
    assert [s.numerator for s in old.shares] == [2] * 13  # b left in the fourteenth month
    assert as_csv(found).splitlines()[1].startswith("2026-03,3,0.666667,0.666667,0.666667,,")


def test_attrition_is_the_yearly_churn_of_yearly_terms_beside_what_is_structural(database: Database) -> None:
    some_years(database)
    keep(database, JOINED, LEFT)
    with database.read() as session:
        found = attrition(session, now=NOW)
    assert (found.at_start, found.still_there, found.structural) == (3, 2, 1)
    words = " ".join(attrition_words(found))
    assert "33.3 % (1/3)" in words
    assert "5% a year" in words
    assert "nobody had a yearly term" in attrition_words(RetentionFigures())[0]


def test_without_a_first_day_a_whole_time_is_the_last_twelve_whole_months(database: Database) -> None:
    some_years(database)
    found = ask(database, RetentionBy.PERIOD)
    assert (found.window.first, found.window.last) == (date(2025, 6, 1), date(2026, 5, 31))


@pytest.mark.same_on_both
def test_no_customers_are_no_rows(database: Database) -> None:
    for by in RetentionBy:
        found = ask(database, by)
        assert found.rows == []
        assert found.cohorts == []
        for form in Format:
            assert write(found, form)
    assert as_csv(ask(database, RetentionBy.MONTH)).strip() == ",".join(COLUMNS)


@pytest.mark.same_on_both
def test_json_tells_the_parts_of_every_rate(database: Database) -> None:
    some_years(database)
    told = as_json(ask(database, RetentionBy.MONTH, "2026-03-01", "2026-03-31"))
    assert told == json.loads(json.dumps(told))
    [march] = told["data"]
    assert (march["at_start"], march["still_there"], march["retention"], march["churn"]) == (5, 4, 0.8, 0.2)
    assert told["attrition"]["structural_a_year"] == 0.05
