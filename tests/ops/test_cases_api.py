from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app.bootstrap import Application
from app.cases.models import Case, Step
from app.core.auth import Scope
from app.ops import cursor
from tests.ops.conftest import bearer
from tests.ops.seed import NOW

READ, OPERATE = bearer(Scope.READ), bearer(Scope.OPERATE)


def pages_of(web: TestClient, path: str, limit: int = 7) -> list[dict[str, Any]]:
    """Every row of a list, page by page."""
    rows: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        params = {"limit": limit} | ({"cursor": after} if after else {})
        answer = web.get(path, params=params, headers=READ).json()
        rows += answer["data"]
        after = answer["next_cursor"]
        if after is None:
            return rows


def test_paging_shows_every_case_once_newest_first(lively: TestClient) -> None:
    rows = pages_of(lively, "/api/cases")
    assert len(rows) == len({r["id"] for r in rows}) == 60
    assert [r["opened_at"] for r in rows] == sorted((r["opened_at"] for r in rows), reverse=True)


def test_a_new_case_between_two_pages_shifts_nothing(lively: TestClient, application: Application) -> None:
    first = lively.get("/api/cases?limit=10", headers=READ).json()
    with application.db.write() as session:
        old = session.scalars(select(Case).where(Case.id == "case_0040")).one()
        fresh = {c.name: getattr(old, c.name) for c in Case.__table__.columns}
        session.add(Case(**fresh | {"id": "case_new", "customer_id": "cus_new", "opened_at": NOW}))
    second = lively.get(f"/api/cases?limit=10&cursor={first['next_cursor']}", headers=READ).json()
    assert not {r["id"] for r in first["data"]} & {r["id"] for r in second["data"]}
    assert "case_new" not in {r["id"] for r in second["data"]}


def test_cases_of_the_same_instant_are_paged_by_id(lively: TestClient, application: Application) -> None:
    with application.db.write() as session:
        for case in session.scalars(select(Case)):
            case.opened_at = NOW - timedelta(days=1)
    rows = pages_of(lively, "/api/cases")
    assert len({r["id"] for r in rows}) == 60


def test_filters_narrow_the_list(lively: TestClient) -> None:
    held = lively.get("/api/cases?state=held&kind=dunning", headers=READ).json()["data"]
    assert [r["id"] for r in held] == ["case_0059"]
    mine = lively.get("/api/cases?customer=cus_0012", headers=READ).json()["data"]
    assert [r["customer_id"] for r in mine] == ["cus_0012"]


@pytest.mark.parametrize(
    "query",
    ["state=gone", "kind=x", "limit=0", "limit=201", "cursor=!!", "cursor=bm90IG91cnM", "customer=a%00b"],
)
def test_a_parameter_that_cannot_be_used_is_named(lively: TestClient, query: str) -> None:
    answer = lively.get(f"/api/cases?{query}", headers=READ)
    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid_input"
    assert query.split("=")[0] in answer.json()["detail"]


def test_a_cursor_names_its_row_and_nothing_else_is_taken_for_one() -> None:
    assert cursor.decode(cursor.encode(NOW, "case_1")) == (NOW, "case_1")
    assert cursor.decode(None) is None


def test_a_case_tells_its_whole_story(lively: TestClient) -> None:
    told = lively.get("/api/cases/case_0059", headers=READ).json()
    assert told["case"]["class"] in ("hard", "card_data", "action", "soft_funds", "soft_generic", "technical")
    assert told["case"]["opened_at"].endswith("Z")
    assert told["invoices"][0]["at_risk"] == {"amount_minor": 4900, "currency": "usd"}
    assert told["invoices"][0]["standing"] == "open"
    assert [s["state"] for s in told["steps"]] == ["done", "planned", "planned", "planned"]
    assert any("failed" in t["sentence"] for t in told["timeline"])
    assert told["mails"][0]["state"] == "sent"
    assert told["actions"][0]["state"] == "failed"
    assert told["card_sessions"][0]["state"] == "declined"


@pytest.mark.parametrize("path", ["/api/cases/nope", "/api/customers/nope", "/ops/cases/nope"])
def test_what_is_not_there_is_not_found(lively: TestClient, path: str) -> None:
    assert lively.get(path, headers=READ).status_code in (404, 303)


def test_holding_and_releasing_leaves_a_trace_of_who_and_why(lively: TestClient) -> None:
    held = lively.post("/api/cases/case_0055/hold", json={"reason": "they called us."}, headers=OPERATE)
    assert held.json()["state"] == "held"
    assert held.json()["held_reason"] == "they called us (by operate-key)"
    assert lively.post("/api/cases/case_0055/release", headers=OPERATE).json()["state"] == "open"
    sentences = [t["sentence"] for t in lively.get("/api/cases/case_0055", headers=READ).json()["timeline"]]
    assert "they called us (by operate-key)" in sentences[-2]
    assert "released by hand (by operate-key)" in sentences[-1]


@pytest.mark.parametrize("reason", ["automatic: paused", "  Automatic:x", "\u200bautomatic: y"])
def test_a_hold_by_hand_cannot_pass_for_an_automatic_one(lively: TestClient, reason: str) -> None:
    answer = lively.post("/api/cases/case_0055/hold", json={"reason": reason}, headers=OPERATE)
    assert answer.status_code == 422
    assert "automatic:" in answer.json()["detail"]


def test_closing_stops_the_case_and_all_that_was_planned(
    lively: TestClient, application: Application
) -> None:
    answer = lively.post("/api/cases/case_0055/close", json={"reason": "sold"}, headers=OPERATE)
    assert (answer.json()["state"], answer.json()["outcome"]) == ("closed", "stopped")
    with application.db.read() as session:
        states = set(session.scalars(select(Step.state).where(Step.case_id == "case_0055")))
    assert "planned" not in states
    last = lively.get("/api/cases/case_0055", headers=READ).json()["timeline"][-1]
    assert last["code"] == "closed.stopped"
    assert "by operate-key): sold" in last["sentence"]


@pytest.mark.parametrize(
    ("act", "case_id"), [("release", "case_0055"), ("close", "case_0000"), ("hold", "case_0000")]
)
def test_an_act_that_the_state_forbids_is_a_conflict(lively: TestClient, act: str, case_id: str) -> None:
    answer = lively.post(f"/api/cases/{case_id}/{act}", headers=OPERATE)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_an_unknown_field_is_refused_and_not_ignored(lively: TestClient) -> None:
    answer = lively.post("/api/cases/case_0055/hold", json={"resaon": "typo"}, headers=OPERATE)
    assert answer.status_code == 422
