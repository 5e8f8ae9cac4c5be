"""What the pages of the dashboard ask of the database."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from app.cases.states import CaseKind, CaseState
from app.core.auth import Scope
from app.core.db import Database
from app.ops.cases import page_of_cases
from app.ops.dashboard.sections import SECTIONS
from tests.ops.conftest import signed_in
from tests.scenarios.test_queries import listening, plans_of, reads_whole_table

SMALL = (
    "api_keys",
    "campaign_brakes",
    "inbound_conflicts",
    "installation",
    "plan_names",
    "proofs",
    "survivals",
)
"""Tables of a few rows, or one."""
NEWEST = "ORDER BY inbound_events.id DESC"
"""The newest five thousand events, by their key."""
MOST = 45
"""Statements of one page."""


def test_no_page_reads_a_whole_table_or_asks_without_end(lively: TestClient, database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL reads small tables whole, index or not")
    browser = signed_in(lively, Scope.READ)
    paths = [*(f"/ops/{name}" for name in SECTIONS if name != "glance"), "/ops", "/ops/customers/cus_0051"]
    found: dict[str, list[str]] = {}
    for path in paths:
        with listening(database) as heard:
            assert browser.get(path).status_code == 200
        assert len(heard) <= MOST, path
        plans = plans_of(database, heard)
        walks = {
            s: [row for row in plan if not row.removeprefix("SCAN ").startswith(SMALL)]
            for s, plan in plans.items()
        }
        found[path] = [
            statement
            for statement, plan in walks.items()
            if reads_whole_table(plan) and NEWEST not in statement
        ]
    assert {path: statements for path, statements in found.items() if statements} == {}


def test_open_cases_of_a_kind_are_looked_for_among_those_that_are_not_closed(
    lively: TestClient, database: Database
) -> None:
    """Not among all of the kind: of half a million none may be held."""
    if not database.is_sqlite:
        pytest.skip("PostgreSQL reads small tables whole, index or not")
    with listening(database) as heard, database.read() as session:
        found, _ = page_of_cases(session, kind=CaseKind.DUNNING, state=CaseState.OPEN)
    assert {(case.kind, case.state) for case in found} == {("dunning", "open")}
    told = [step for steps in plans_of(database, heard).values() for step in steps]
    assert told == ["SCAN cases USING INDEX ix_cases_not_closed"]
