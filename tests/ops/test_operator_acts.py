"""What a person does to cases, tasks, campaigns and addresses is an act: who, why, before, after."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app.bootstrap import Application
from app.cases.models import Case
from app.cli import cases as cases_cli
from app.contacts.telling import Told, tell
from app.core.acts import OperatorAct
from app.core.auth import Scope
from app.feedback.models import CampaignBrake
from app.inbound.router import IntakeApp
from app.outbox.models import Task
from tests.ops.conftest import BASE, bearer, client, signed_in, token_of
from tests.ops.seed import NOW
from tests.privacy.scan import leaks

OPERATE, ADMIN = bearer(Scope.OPERATE), bearer(Scope.ADMIN)
OPEN_CASE, HELD_CASE = "case_0058", "case_0059"


def acts_of(application: Application, act: str) -> list[OperatorAct]:
    with application.db.read() as session:
        return list(session.scalars(select(OperatorAct).where(OperatorAct.act == act)))


def state_of(application: Application, case_id: str) -> str:
    with application.db.read() as session:
        return session.get_one(Case, case_id).state


def open_case(application: Application) -> str:
    with application.db.read() as session:
        query = select(Case.id).where(Case.state == "open").order_by(Case.id)
        return str(session.scalars(query.limit(1)).one())


def test_hold_release_and_close_over_the_api_are_acts(lively: TestClient, application: Application) -> None:
    case_id = open_case(application)
    for what, before, after in (
        ("hold", "open", "held"),
        ("release", "held", "open"),
        ("close", "open", "closed"),
    ):
        answer = lively.post(f"/api/cases/{case_id}/{what}", json={"reason": "we spoke"}, headers=OPERATE)
        assert answer.status_code == 200
        (act,) = acts_of(application, f"case.{what}")
        assert (act.who, act.subject, act.why) == ("operate-key", case_id, "we spoke")
        assert (act.before["state"], act.after["state"]) == (before, after)


def test_a_refused_act_leaves_no_act(lively: TestClient, application: Application) -> None:
    refused = lively.post(f"/api/cases/{open_case(application)}/release", headers=OPERATE)
    assert refused.status_code == 409
    assert acts_of(application, "case.release") == []


def test_the_page_writes_acts_in_the_name_of_the_key(
    lively: TestClient, application: Application, intake: IntakeApp
) -> None:
    browser, case_id = signed_in(client(intake), Scope.OPERATE), open_case(application)
    form = {"token": token_of(browser), "reason": "a letter came"}
    assert "They have answered" in browser.get(f"/ops/cases/{case_id}").text
    answer = browser.post(f"/ops/cases/{case_id}/answered", data=form, headers={"Origin": BASE})
    assert answer.status_code == 303
    (act,) = acts_of(application, "case.answered")
    assert (act.who, act.why, act.after["state"]) == ("operate-key", "a letter came", "held")
    page = browser.get(f"/ops/cases/{case_id}").text
    assert "the customer has answered (a letter came, by operate-key)" in page
    assert "or until it is released" in page


def test_the_command_line_writes_acts_as_well(
    lively: TestClient, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases_cli, "build", lambda **_: application)
    case_id = open_case(application)
    cases_cli.hold(case_id, "on holiday", 3)
    cases_cli.release(case_id, "back again")
    cases_cli.close(case_id, None)
    kinds = [
        (a.act, a.who, a.why)
        for what in ("hold", "release", "close")
        for a in acts_of(application, f"case.{what}")
    ]
    assert kinds == [
        ("case.hold", "command line", "on holiday"),
        ("case.release", "command line", "back again"),
        ("case.close", "command line", None),
    ]


def test_an_answer_noted_by_hand_holds_and_asks_once(lively: TestClient, application: Application) -> None:
    """Edge case 51."""
    case_id = open_case(application)
    for _ in range(2):
        answer = lively.post(f"/api/cases/{case_id}/answered", json={"reason": "by phone"}, headers=OPERATE)
        assert (answer.status_code, answer.json()["state"]) == (200, "held")
    assert answer.json()["held_until"]
    with application.db.read() as session:
        assert len(session.scalars(select(Task).where(Task.kind == "answer")).all()) == 1
    closed = lively.post(f"/api/cases/{case_id}/close", headers=OPERATE)
    assert closed.json()["held_until"] is None
    assert lively.post(f"/api/cases/{case_id}/answered", headers=OPERATE).status_code == 409


def test_a_hold_with_an_end_must_end_in_the_future(lively: TestClient, application: Application) -> None:
    path = f"/api/cases/{open_case(application)}/hold"
    for days in (-1, 0, 400):
        until = (application.clock() + timedelta(days=days)).isoformat()
        assert lively.post(path, json={"until": until}, headers=OPERATE).status_code == 422
    until = (application.clock() + timedelta(days=3)).isoformat()
    assert lively.post(path, json={"until": until}, headers=OPERATE).json()["held_until"]


def test_a_task_that_is_done_is_one_act_however_often_it_is_told(
    lively: TestClient, application: Application
) -> None:
    made = lively.post(
        "/api/tasks", json={"title": "Call", "customer_id": "cus_0055"}, headers=OPERATE
    ).json()
    for _ in range(2):
        done = lively.post(f"/api/tasks/{made['id']}/done", json={"reason": "spoke to her"}, headers=OPERATE)
        assert done.status_code == 200
    (act,) = acts_of(application, "task.done")
    assert (act.subject, act.why, act.before, act.after["task"]) == (
        "cus_0055", "spoke to her", {"state": "open"}, made["id"],
    )  # fmt: skip


def test_a_stopped_campaign_goes_on_over_the_api_or_from_the_dashboard_and_says_why(
    lively: TestClient, application: Application, intake: IntakeApp
) -> None:
    path = "/api/campaigns/dunning/resume"
    assert lively.post(path, json={"reason": "x"}, headers=OPERATE).status_code == 409
    for from_page in (False, True):
        with application.db.write() as session:
            session.merge(CampaignBrake(campaign="dunning", stopped_at=NOW, reason="complaints"))
        if from_page:
            browser = signed_in(client(intake), Scope.OPERATE)
            assert "/ops/campaigns/dunning/resume" in browser.get("/ops").text
            form = {"token": token_of(browser), "reason": "list cleaned"}
            answer = browser.post("/ops/campaigns/dunning/resume", data=form, headers={"Origin": BASE})
            assert answer.status_code == 303
        else:
            assert lively.post(path, json={"reason": " "}, headers=OPERATE).status_code == 422
            assert lively.post(path, json={"reason": "list cleaned"}, headers=OPERATE).status_code == 200
    acts = acts_of(application, "campaign.resume")
    assert [(a.who, a.subject, a.why) for a in acts] == [("operate-key", "dunning", "list cleaned")] * 2


def test_suppressing_and_lifting_over_the_api_keeps_no_address(
    lively: TestClient, application: Application
) -> None:
    ask = {"email": "planted@example.com", "reason": "asked by phone"}
    made = lively.post("/api/suppressions", json=ask | {"days": 3}, headers=OPERATE)
    assert (made.status_code, made.json()["reason"], made.json()["stands"]) == (201, "operator", True)
    lifted = lively.post("/api/suppressions/lift", json=ask, headers=OPERATE)
    assert [row["stands"] for row in lifted.json()["lifted"]] == [False]
    assert lively.post("/api/suppressions/lift", json=ask, headers=OPERATE).status_code == 409
    assert (
        lively.post("/api/suppressions", json=ask | {"email": "nobody"}, headers=OPERATE).status_code == 422
    )
    assert leaks(application.db, ["planted@example.com"]) == []
    assert len(acts_of(application, "contacts.suppress")) == len(acts_of(application, "contacts.lift")) == 1


def test_restricted_records_are_read_by_admin_keys_with_a_reason(
    lively: TestClient, application: Application
) -> None:
    path = "/api/restricted/read"
    for asked in ({"customer_id": "cus_0055"}, {"customer_id": "cus_0055", "why": " "}, {"why": "claim 7"}):
        assert lively.post(path, json=asked, headers=ADMIN).status_code == 422
    told = lively.post(path, json={"customer_id": "cus_0055", "why": "claim 7"}, headers=ADMIN)
    assert told.json() == {"data": []}
    (act,) = acts_of(application, "restricted.read")
    assert (act.who, act.why) == ("admin-key", "claim 7")
    assert leaks(application.db, ["cus_0055"]) != []
    assert "cus_" not in str(act.subject)


def test_the_case_page_shows_the_zone_and_language_that_the_merchant_told(
    lively: TestClient, application: Application
) -> None:
    case_id = open_case(application)
    with application.db.write() as session:
        customer = session.get_one(Case, case_id).customer_id
        places = {"time_zone": "Asia/Tokyo", "language": "ja"}
        tell(session, customer, Told(places=places), who="crm", why=None, now=NOW)
    page = signed_in(lively, Scope.READ).get(f"/ops/cases/{case_id}").text
    assert "Asia/Tokyo (as we were told)" in page
    assert "<dd>ja</dd>" in page
