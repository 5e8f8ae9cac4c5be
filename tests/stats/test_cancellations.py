"""The figures of cancellations: every case in one place, and nothing saved before the provider shows it."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from app.core.db import Database
from app.stats.cancellations import CancelReport, report
from app.stats.cancellations_rules import (
    CancelBy,
    CancelCase,
    CancelFigures,
    Ending,
    OfferMade,
    Share,
    ending,
    figures_of,
)
from app.stats.cancellations_tables import COLUMNS, as_csv, as_json, as_table, write
from app.stats.rules import Window
from app.stats.tables import Format
from tests.rollups import keep
from tests.stats.factories import NOW, day
from tests.stats.leavers import a_spring, leaver, paid, remember_policy, subscriber
from tests.stats.registry import words_of

AT = day("2026-03-05")
endings = [None, "saved", "cancelled", "undone", "abandoned", "manual", "stopped"]
known = st.sampled_from([None, "kept", "left"])
cases = st.builds(
    CancelCase,
    opened_at=st.just(AT),
    outcome=st.sampled_from(endings),
    closed=st.booleans(),
    visits=st.integers(0, 3),
    offers=st.lists(
        st.builds(
            OfferMade, accepted=st.booleans(), applied=st.booleans(), outcomes=st.tuples(known, known, known)
        ),
        max_size=2,
    ),
)


def ask(
    db: Database, by: CancelBy, window: Window | None = None, currency: str | None = None
) -> CancelReport:
    keep(db)
    with db.read() as session:
        return report(session, by, window, currency=currency, now=NOW)


def rows(found: CancelReport) -> dict[str, CancelFigures]:
    return {row.group: row.figures for row in found.rows}


@given(cases)
def test_every_case_stands_in_exactly_one_place(case: CancelCase) -> None:
    figures = figures_of(case)
    assert sum(getattr(figures, place.value) for place in Ending) == figures.cases == 1


@given(cases)
def test_of_the_saved_each_is_kept_or_left_or_pending(case: CancelCase) -> None:
    figures = figures_of(case)
    for days in (30, 60, 90):
        assert 0 <= figures.pending(days) <= figures.saved


def test_who_closed_the_tab_is_abandoned_and_not_saved() -> None:
    """Edge case 28."""
    closed = CancelCase(AT, outcome="abandoned", closed=True, visits=1, offers=[OfferMade(accepted=True)])
    assert ending(closed) is Ending.ABANDONED
    assert figures_of(closed).save_rate == Share(0, 0)


def test_saved_is_pending_until_a_milestone_says_more() -> None:
    """Edge case 55."""
    made = OfferMade(accepted=True, applied=True, outcomes=("kept", None, None))
    figures = figures_of(CancelCase(AT, outcome="saved", closed=True, visits=1, offers=[made]))
    assert [figures.kept(d) for d in (30, 60, 90)] == [Share(1, 1), Share(0, 0), Share(0, 0)]
    assert [figures.pending(d) for d in (30, 60, 90)] == [0, 1, 1]


def test_numbers_are_those_counted_by_hand(database: Database) -> None:
    a_spring(database)
    total = sum((row.figures for row in ask(database, CancelBy.MONTH).rows), CancelFigures())
    assert total == CancelFigures(
        cases=9,
        visits=9,
        repeat=1,
        shown=6,
        accepted=5,
        saved=3,
        cancelled=2,
        elsewhere=1,
        abandoned=2,
        manual=1,
        kept_30=2,
        left_30=1,
        kept_60=1,
        left_60=1,
        kept_90=1,
        left_90=1,
    )
    assert total.save_rate == Share(3, 6)
    assert (total.pending(30), total.pending(60), total.kept(30)) == (0, 1, Share(2, 3))


def test_a_case_belongs_to_the_utc_month_in_which_it_was_opened(database: Database) -> None:
    a_spring(database)
    assert [(r.group, r.figures.cases) for r in ask(database, CancelBy.MONTH).rows] == [
        ("2026-01", 1),
        ("2026-02", 3),
        ("2026-03", 5),
    ]
    last = ask(database, CancelBy.MONTH, Window(date(2026, 2, 28), date(2026, 2, 28)))
    assert [r.figures.cancelled for r in last.rows] == [1]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (CancelBy.REASON, {"too_expensive": 4, "moved": 1, "poor_service": 1, "elsewhere": 1, "unasked": 1,
                           "missing_feature": 1}),
        (CancelBy.PRESET, {"STRICT": 7, "DE": 1, "no visit": 1}),
        (CancelBy.AVOIDABLE, {"avoidable": 6, "structural": 1, "unknown": 2}),
        (CancelBy.ARM, {"standard": 9}),
        (CancelBy.PLAN, {"price_team": 8, "price_solo": 1}),
    ],
)  # fmt: skip
def test_groupings_count_every_case_once(database: Database, by: CancelBy, expected: dict[str, int]) -> None:
    a_spring(database)
    assert {group: f.cases for group, f in rows(ask(database, by)).items()} == expected


def test_the_plan_is_that_of_the_last_invoice_before_the_case(database: Database) -> None:
    """Who took a smaller plan is counted under the one that they wanted to leave."""
    remember_policy(database)
    subscriber(database, "a", price="price_small")
    leaver(database, "a", "2026-03-05", "saved")
    paid(database, "a", 1, "2026-03-01", 2900)
    paid(database, "a", 2, "2026-04-01", 900, price_id="price_small", label="Small")
    assert [(r.group, r.name) for r in ask(database, CancelBy.PLAN).rows] == [("price_team", "Team plan")]


def test_one_currency_can_be_asked_for(database: Database) -> None:
    a_spring(database)
    assert rows(ask(database, CancelBy.REASON, currency="EUR")).keys() == {"missing_feature"}


def test_the_three_shapes_tell_the_same(database: Database) -> None:
    a_spring(database)
    found = ask(database, CancelBy.REASON)
    told = as_json(found)
    assert json.loads(str(write(found, Format.JSON))) == told
    lines = list(csv.DictReader(io.StringIO(as_csv(found))))
    assert list(lines[0]) == COLUMNS
    assert lines == [{k: "" if v is None else str(v) for k, v in row.items()} for row in told["data"]]
    printed = _printed(as_table(found))
    assert "66.7 %" in printed  # too expensive: 2 of 3
    assert "not proof" in printed


def _printed(shown: Any) -> str:
    console = Console(width=80, file=io.StringIO())
    console.print(shown)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_no_cases_are_no_rows_under_a_header(database: Database) -> None:
    for by in CancelBy:
        assert ask(database, by).rows == []
    assert as_csv(ask(database, CancelBy.MONTH)).strip().split(",") == COLUMNS


def test_every_place_has_its_meaning() -> None:
    assert {place.value for place in Ending} <= words_of("cancellations").keys()
