"""The report as text, JSON and CSV, over the API and on the command line."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.bootstrap import Application
from app.core import gates
from app.core.auth import Scope
from app.core.db import Database
from app.main import create_app
from app.proof import reading
from app.proof.tables import NOBODY, as_csv, as_json, as_text
from app.proof.watch import ProofWatch
from app.stats.tables import money_words
from tests.commands import Commands
from tests.ops.conftest import application, bearer, client
from tests.ops.seed import add_keys
from tests.proof.people import crowd
from tests.proof.test_watch import CLOSED

__all__ = ["application"]


@pytest.fixture
def web(application: Application, database: Database) -> TestClient:
    with database.write() as session:
        add_keys(session)
    return client(create_app(application))


def looked(db: Database) -> None:
    """A clear case in dollars, a few in euros."""
    with db.write() as session:
        gates.register(session, public_url="https://acme.example", provider_key=None, now=CLOSED)
    crowd(db, False, 160, paid=120)
    crowd(db, True, 40, paid=8, cancelled=2)
    crowd(db, False, 3, first=500, currency="eur")
    ProofWatch(db, lambda: CLOSED).run()


def test_the_report_for_people(database: Database) -> None:
    looked(database)
    with database.read() as session:
        euros, dollars = reading.latest(session)
    n = dollars.numbers
    assert n is not None
    lower, upper = money_words(n.lower_minor, "usd"), money_words(n.upper_minor, "usd")
    least, most = money_words(120_000 - n.upper_minor, "usd"), money_words(120_000 - n.lower_minor, "usd")
    guards = [
        "2.7 mails per recovery",
        "cancelled while late: treated 0.0 %, held out 5.0 %",
        "paid and took it back: treated 0.0 %, held out 0.0 %",
    ]
    assert as_text([dollars]).splitlines() == [
        "Late payments, USD",
        "Since 2026-03, closed cohorts: 200 customers (160 treated, 40 held out; control = minimal)",
        "Treated, at risk:       $1,600.00",
        "Collected:              $1,200.00  (75.0 %)",
        f"Incremental:              $880.00  [{lower} .. {upper}]  always-valid 95 %",
        f"Would have come anyway:   $320.00  [{least} .. {most}]  always-valid 95 %",
        "Verdict: proven: the interval excludes zero",
        " · ".join(guards),
        "Sizes of the arms: p = 1 · A/A check last passed 2026-05-01 · looked at 2026-05-01",
    ]
    assert "Verdict: n = 0 of 30" in as_text([euros])
    assert "€" not in as_text([euros])
    assert as_text([]) == NOBODY


def test_csv_and_json_tell_the_same(database: Database) -> None:
    looked(database)
    with database.read() as session:
        views = reading.latest(session)
    told = as_json(views, CLOSED)["data"]
    lines = list(csv.DictReader(io.StringIO(as_csv(views))))
    assert [line["verdict"] for line in lines] == ["not_enough", "proven"]
    for line, row in zip(lines, told, strict=True):
        assert line == {k: "" if row[k] is None else str(row[k]) for k in line}
    euros, dollars = told
    assert euros["incremental_minor"] is None
    assert dollars["incremental_minor"] + dollars["anyway_minor"] == dollars["collected_minor"] == 120_000
    assert dollars["lower_minor"] + dollars["anyway_upper_minor"] == 120_000
    assert [g["name"] for g in dollars["guardrails"]] == ["complaints", "cancellations", "returned_money"]


def test_the_api_and_the_command_line_tell_it(
    web: TestClient, application: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked(application.db)
    read = bearer(Scope.READ)
    [dollars] = web.get("/api/stats/proof?currency=USD", headers=read).json()["data"]
    assert (dollars["verdict"], dollars["at_risk_minor"], dollars["still_watched"]) == ("proven", 160_000, 0)
    text = web.get("/api/stats/proof?format=csv", headers=read)
    assert text.headers["content-type"] == "text/csv; charset=utf-8"
    run = Commands(application.db, tmp_path, monkeypatch)
    assert run("stats", "proof", "--format", "csv") == (0, text.text.replace("\r\n", "\n"))
    code, told = run("stats", "proof", "--currency", "usd", "--format", "json")
    assert (code, json.loads(told)["data"][0]["verdict"]) == (0, "proven")
    assert "Would have come anyway:" in run("stats", "proof")[1]


@pytest.mark.slow
def test_what_answers_requests_loads_no_statistics() -> None:
    """They take a second and thirty megabytes of every web process."""
    told = "import sys, app.main, app.cli.stats; print('numpy' in sys.modules, 'scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False False"
