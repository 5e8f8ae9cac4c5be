"""The figures of cancellations and offers over the API and on the dashboard."""

from __future__ import annotations

import csv
import io

import pytest
from starlette.testclient import TestClient

from app.bootstrap import Application
from app.core.auth import Scope
from app.stats.cancellations_rules import CancelBy
from app.stats.offers_rules import OfferBy
from tests.ops.conftest import bearer, signed_in
from tests.rollups import keep
from tests.stats.leavers import a_spring

READ = bearer(Scope.READ)
ASKED = [("cancellations", by) for by in CancelBy] + [("offers", by) for by in OfferBy]


def test_json_and_csv_tell_the_same_in_every_grouping(web: TestClient, application: Application) -> None:
    a_spring(application.db)
    keep(application.db)
    for what, by in ASKED:
        told = web.get(f"/api/stats/{what}?by={by}", headers=READ)
        assert told.headers["cache-control"] == "no-store"
        answer = web.get(f"/api/stats/{what}?by={by}&format=csv", headers=READ)
        assert answer.headers["content-disposition"].endswith(f'"{what}-by-{by}.csv"')
        lines = list(csv.DictReader(io.StringIO(answer.text)))
        rows = [{k: "" if v is None else str(v) for k, v in row.items()} for row in told.json()["data"]]
        assert [dict(sorted(line.items())) for line in lines] == [dict(sorted(row.items())) for row in rows]
        assert rows


def test_answers_keep_to_their_days_and_currency(web: TestClient, application: Application) -> None:
    a_spring(application.db)
    keep(application.db)
    told = web.get("/api/stats/cancellations?from=2026-02-01&to=2026-02-28", headers=READ).json()
    assert (told["from"], told["to"]) == ("2026-02-01", "2026-02-28")
    assert [(r["group"], r["cases"], r["save_rate"]) for r in told["data"]] == [("2026-02", 3, 0.666667)]
    euros = web.get("/api/stats/offers?currency=EUR", headers=READ).json()
    assert [(r["group"], r["net_minor"]) for r in euros["data"]] == [("pro", 400)]
    assert euros["hold_out"][0]["note"].startswith("not enough: 0 of 30 held out")


@pytest.mark.parametrize("what", ["cancellations", "offers"])
@pytest.mark.parametrize(
    "query", ["from=2026-02-01&to=2026-01-01", "by=weekday", "currency=dollars", "format=xml"]
)
def test_a_wrong_question_is_answered_with_what_is_wrong(web: TestClient, what: str, query: str) -> None:
    answer = web.get(f"/api/stats/{what}?{query}", headers=READ)
    assert answer.status_code == 422
    assert query.split("=")[0] in answer.json()["detail"]


def test_an_empty_database_has_no_figures_and_no_section(web: TestClient) -> None:
    for what in ("cancellations", "offers"):
        assert web.get(f"/api/stats/{what}", headers=READ).json()["data"] == []
    assert 'id="leaving-h"' not in signed_in(web, Scope.READ).get("/ops").text


def test_the_dashboard_shows_them_with_their_meaning(web: TestClient, application: Application) -> None:
    a_spring(application.db)
    keep(application.db)
    browser = signed_in(web, Scope.READ)
    euros, dollars = (browser.get(f"/ops/cancellations?currency={c}&months=0").text for c in ("eur", "usd"))
    for page in (euros, dollars):
        for told in ("saved / (saved + cancelled + manual)", "Save rate"):
            assert told in page, told
    assert "too expensive" in euros + dollars
    assert "€4.00" in euros
    assert "Team plan" in dollars
