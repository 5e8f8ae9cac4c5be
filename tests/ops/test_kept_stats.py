"""The figures of retention, renewals and win-back over the API and at the terminal."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.bootstrap import Application
from app.core.auth import Scope
from app.core.db import Database
from app.stats.renewals_rules import RenewalBy
from app.stats.retention_rules import RetentionBy
from app.stats.winback_rules import WinbackBy
from tests.commands import Commands
from tests.ops.conftest import bearer
from tests.rollups import keep
from tests.stats.a_merchant import a_merchant

READ = bearer(Scope.READ)
ASKED = [
    *(("retention", by) for by in RetentionBy),
    *(("renewals", by) for by in RenewalBy),
    *(("winback", by) for by in WinbackBy),
]
REPORTS = ("retention", "renewals", "winback")


@pytest.mark.same_on_both
def test_json_and_csv_tell_the_same_in_every_grouping(web: TestClient, application: Application) -> None:
    a_merchant(application.db)
    keep(application.db)
    for what, by in ASKED:
        told = web.get(f"/api/stats/{what}?by={by}", headers=READ)
        assert told.headers["cache-control"] == "no-store"
        answer = web.get(f"/api/stats/{what}?by={by}&format=csv", headers=READ)
        assert answer.headers["content-disposition"].endswith(f'"{what}-by-{by}.csv"')
        lines = list(csv.DictReader(io.StringIO(answer.text)))
        assert told.json()["data"]
        for line, row in zip(lines, told.json()["data"], strict=True):
            assert {k: v for k, v in line.items() if v} == {
                k: str(v) for k, v in row.items() if v is not None
            }


@pytest.mark.same_on_both
def test_answers_keep_to_their_days_and_currency(web: TestClient, application: Application) -> None:
    a_merchant(application.db)
    keep(application.db)
    told = web.get("/api/stats/retention?from=2026-03-01&to=2026-03-31&currency=EUR", headers=READ).json()
    assert (told["from"], told["to"]) == ("2026-03-01", "2026-03-31")
    assert [(r["at_start"], r["retention"], r["churn"]) for r in told["data"]] == [(1, 1, 0)]
    assert web.get("/api/stats/winback?currency=eur", headers=READ).json()["data"] == []
    [march] = web.get("/api/stats/renewals?from=2026-03-01&to=2026-03-31", headers=READ).json()["data"]
    assert (march["due"], march["renewal_rate"]) == (12, 0.833333)


@pytest.mark.same_on_both
@pytest.mark.parametrize("what", REPORTS)
def test_a_wrong_question_is_answered_with_what_is_wrong(web: TestClient, what: str) -> None:
    for query in ("from=2026-02-01&to=2026-01-01", "by=weekday", "currency=dollars", "format=xml"):
        answer = web.get(f"/api/stats/{what}?{query}", headers=READ)
        assert answer.status_code == 422
        assert query.split("=")[0] in answer.json()["detail"]
    assert web.get(f"/api/stats/{what}", headers=READ).json()["data"] == []


@pytest.mark.same_on_both
def test_the_terminal_tells_the_same(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_merchant(database)
    keep(database)
    command = Commands(database, tmp_path, monkeypatch)
    span = ("--from", "2026-03-01", "--to", "2026-03-31")
    for what in REPORTS:
        code, text = command("stats", what, *span, "--format", "json")
        assert code == 0
        assert json.loads(text)["data"]
        assert command("stats", what, *span)[0] == 0
