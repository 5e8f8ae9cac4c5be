"""What the pages of the dashboard ask of the database."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from app.core.auth import Scope
from app.core.db import Database
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
