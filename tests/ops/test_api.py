from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from app.billing.models import Subscription
from app.bootstrap import Application
from app.core.auth import Scope
from app.core.links import LinkPurpose
from tests.ops.conftest import bearer
from tests.ops.seed import NOW
from tests.ops.test_cases_api import pages_of

READ, OPERATE = bearer(Scope.READ), bearer(Scope.OPERATE)


def test_stats_are_the_same_as_json_and_as_csv(lively: TestClient) -> None:
    for by in ("month", "class", "campaign", "step", "currency"):
        as_json = lively.get(f"/api/stats/recovery?by={by}", headers=READ).json()
        answer = lively.get(f"/api/stats/recovery?by={by}&format=csv", headers=READ)
        assert answer.headers["content-type"].startswith("text/csv")
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        for row, line in zip(as_json["data"], rows, strict=True):
            assert row["group"] == line["group"]
            assert str(row["recovered"]["amount"]["amount_minor"]) == line["recovered_minor"]
            assert str(row["recovery_rate"]["value"]) == (line["recovery_rate_value"] or "None")


def test_stats_keep_to_their_days_and_currency(lively: TestClient) -> None:
    answer = lively.get("/api/stats/recovery?from=2026-01-01&to=2026-03-31&currency=USD", headers=READ).json()
    assert {r["group"] for r in answer["data"]} == {"2026-01", "2026-02", "2026-03"}
    assert {r["currency"] for r in answer["data"]} == {"usd"}
    assert (answer["from"], answer["to"]) == ("2026-01-01", "2026-03-31")


def test_stats_of_an_empty_database_are_an_empty_list(web: TestClient) -> None:
    assert web.get("/api/stats/recovery", headers=READ).json()["data"] == []


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday",
        "from=2026-02-01&to=2026-01-01",
        "by=weekday",
        "currency=dollars",
        "format=xml",
        "to=9999-12-31",
    ],
)
def test_a_wrong_question_is_answered_with_what_is_wrong(web: TestClient, query: str) -> None:
    answer = web.get(f"/api/stats/recovery?{query}", headers=READ)
    assert answer.status_code == 422
    assert query.split("=")[0] in answer.json()["detail"]


def test_a_customer_shows_subscriptions_the_open_case_and_access(lively: TestClient) -> None:
    told = lively.get("/api/customers/cus_0055", headers=READ).json()
    assert told["open_case"]["id"] == "case_0055"
    assert told["subscriptions"][0]["status"] == "past_due"
    assert told["access"]["state"] == "grace"
    assert told["access"]["until"].endswith("Z")


def test_a_customer_with_a_paid_up_subscription_has_access(
    lively: TestClient, application: Application
) -> None:
    with application.db.write() as session:
        session.execute(update(Subscription).where(Subscription.id == "sub_0055").values(status="active"))
    told = lively.get("/api/customers/cus_0055", headers=READ).json()
    assert told["access"] == {"state": "ok", "until": None, "reason": "the subscription is active"}


def test_tasks_are_listed_added_and_finished(lively: TestClient) -> None:
    made = lively.post("/api/tasks", json={"title": "Call them", "key": "call-1"}, headers=OPERATE)
    assert made.status_code == 201
    assert made.json()["kind"] == "manual"
    again = lively.post("/api/tasks", json={"title": "Call them", "key": "call-1"}, headers=OPERATE)
    assert again.status_code == 409
    done = lively.post(f"/api/tasks/{made.json()['id']}/done", headers=OPERATE).json()
    assert (done["state"], done["done_by"], done["done_at"]) == (
        "done",
        "operate-key",
        "2026-11-20T10:00:00Z",
    )
    twice = lively.post(f"/api/tasks/{made.json()['id']}/done", headers=bearer(Scope.ADMIN)).json()
    assert twice["done_by"] == "operate-key"
    assert len(lively.get("/api/tasks?state=open", headers=READ).json()["data"]) == 3
    assert len(pages_of(lively, "/api/tasks", limit=1)) == 4


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"title": ""}, 422),
        ({"title": "\u200b"}, 422),
        ({"title": "x", "more": 1}, 422),
        ({"title": "x", "case_id": "nope"}, 404),
        ({"title": "x" * 201}, 422),
    ],
)
def test_a_task_that_cannot_be_is_refused(lively: TestClient, body: dict[str, str], status: int) -> None:
    assert lively.post("/api/tasks", json=body, headers=OPERATE).status_code == status


def test_a_card_link_opens_the_customers_case_for_two_weeks(
    lively: TestClient, application: Application
) -> None:
    body = {"purpose": "card", "customer": "cus_0055", "subscription": "sub_0055"}
    answer = lively.post("/api/links", json=body, headers=OPERATE)
    assert answer.status_code == 201
    assert answer.json()["expires_at"] == "2026-12-04T10:00:00Z"
    base, token = answer.json()["url"].rsplit("/", 1)
    assert base == "http://testserver/card"
    subject = application.links.read(LinkPurpose.CARD, token)
    assert (subject.customer_id, subject.subject_id) == ("cus_0055", "case_0055")
    assert application.clock() + timedelta(days=14) == NOW + timedelta(days=14)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"purpose": "card", "customer": "cus_nope"}, 404, "no customer"),
        ({"purpose": "card", "customer": "cus_0000"}, 409, "no open case"),
        ({"purpose": "card", "customer": "cus_0059"}, 409, "is held"),
        (
            {"purpose": "card", "customer": "cus_0055", "subscription": "sub_0001"},
            409,
            "no payment of sub_0001",
        ),
        ({"purpose": "cancel", "customer": "cus_0055"}, 422, "subscription"),
        ({"purpose": "survey", "customer": "cus_0055"}, 422, "purpose"),
        ({"purpose": "return", "customer": "cus_0055"}, 409, ""),
        ({"purpose": "card"}, 422, "customer"),
    ],
)
def test_a_link_that_cannot_be_made_says_why(
    lively: TestClient, body: dict[str, str], status: int, words: str
) -> None:
    answer = lively.post("/api/links", json=body, headers=OPERATE)
    assert answer.status_code == status
    assert words in answer.json()["detail"]


def test_the_description_of_the_api_names_shapes_and_problems(web: TestClient) -> None:
    told = web.get("/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    case = told["paths"]["/api/cases/{case_id}"]["get"]
    assert case["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("CaseDetail")
    assert "application/problem+json" in case["responses"]["404"]["content"]
    assert not [path for path in told["paths"] if path.startswith("/ops")]


def test_answers_of_the_api_are_not_kept(lively: TestClient) -> None:
    for path in ("/api/cases", "/api/customers/cus_0055", "/api/stats/recovery", "/api/tasks"):
        assert lively.get(path, headers=READ).headers["cache-control"] == "no-store"
