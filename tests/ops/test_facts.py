"""What the merchant's backend tells of a customer, and what the API then shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from app.billing.models import Customer, Subscription
from app.bootstrap import Application
from app.contacts import service
from app.contacts.repository import log_mail
from app.contacts.states import SuppressionReason, SuppressionScope
from app.core.acts import OperatorAct
from app.core.auth import Scope
from tests.ops.conftest import bearer
from tests.ops.seed import NOW

READ, OPERATE = bearer(Scope.READ), bearer(Scope.OPERATE)
WHO = "cus_0055"  # has an open case
DAY = timedelta(days=1)


def tell(web: TestClient, **facts: Any) -> dict[str, Any]:
    answer = web.put(f"/api/customers/{WHO}/facts", json=facts, headers=OPERATE)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def contact(web: TestClient) -> dict[str, Any]:
    shown: dict[str, Any] = web.get(f"/api/customers/{WHO}", headers=READ).json()["contact"]
    return shown


def test_facts_are_merged_and_the_whole_is_answered(lively: TestClient) -> None:
    tell(lively, flags={"vip": True}, usage={"seats": 3, "last_login": "2026-05-01"}, language="de-AT")
    tell(
        lively, channels={"call": False}, addressees={"finance": {"email": "fin@example.com", "name": "Fin"}}
    )
    told = tell(lively, flags={"vip": False, "excluded": True}, usage={"seats": None}, language=None)
    assert (told["flags"], told["usage"], told["language"]) == (
        ["excluded"],
        {"last_login": "2026-05-01"},
        None,
    )
    assert told["channels"] == {"call": False}
    assert told["addressees"] == [
        {"role": "finance", "email": "fin@example.com", "name": "Fin", "language": None}
    ]
    assert told["updated_by"] == "operate-key"
    assert tell(lively, addressees={"finance": None})["addressees"] == []


@pytest.mark.parametrize(
    ("facts", "where"),
    [
        ({"flags": {"nice": True}}, "flags"),
        ({"colour": "red"}, "colour"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"language": "klingon!"}, "language"),
        ({"addressees": {"finance": {"email": "nobody"}}}, "email"),
        ({"addressees": {"cousin": {"email": "a@example.com"}}}, "addressees"),
        ({"consent": {"basis": "consent", "given_at": "2026-01-01T00:00:00Z"}}, "proof"),
        ({"consent": {"basis": "consent", "proof": "form", "given_at": "2026-01-01T00:00:00"}}, "given_at"),
        ({"usage": {"Seats!": 1}}, "usage"),
        ({"usage": {"deep": {"a": 1}}}, "usage"),
        ({"usage": {f"k{n}": n for n in range(51)}}, "usage"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_kept(
    lively: TestClient, facts: dict[str, Any], where: str
) -> None:
    answer = lively.put(f"/api/customers/{WHO}/facts", json={**facts, "reason": "x"}, headers=OPERATE)
    assert answer.status_code == 422
    assert where in answer.json()["detail"]
    assert contact(lively)["flags"] == []


def test_facts_of_nobody_are_not_kept(lively: TestClient) -> None:
    assert lively.put("/api/customers/nobody/facts", json={}, headers=OPERATE).status_code == 404


def test_a_consent_is_kept_with_its_proof_until_it_is_withdrawn(lively: TestClient) -> None:
    given = {"basis": "consent", "proof": "form 7", "given_at": "2026-01-01T00:00:00Z", "wording": "Yes"}
    (kept,) = tell(lively, consent=given)["consents"]
    assert kept == {**given, "source": "api:operate-key", "withdrawn_at": None}
    assert len(tell(lively, consent=given)["consents"]) == 1
    (withdrawn,) = tell(lively, withdraw_consent=True)["consents"]
    assert withdrawn["withdrawn_at"] is not None


def test_every_change_is_an_act_with_who_why_before_and_after(
    lively: TestClient, application: Application
) -> None:
    tell(lively, flags={"legal_hold": True}, reason="court of Kiel")
    with application.db.read() as session:
        act = session.query(OperatorAct).one()
    assert (act.act, act.who, act.subject, act.why) == ("facts.put", "operate-key", WHO, "court of Kiel")
    assert (act.before, act.after) == ({"flags": []}, {"flags": ["legal_hold"]})


def test_zone_and_language_name_their_source(lively: TestClient) -> None:
    tell(lively, time_zone="Asia/Kathmandu", language="ne")
    shown = contact(lively)
    assert shown["time_zone"] == {"value": "Asia/Kathmandu", "source": "facts"}
    assert shown["language"] == {"value": "ne", "source": "facts"}


def test_the_next_mail_is_judged_by_the_rules_that_will_judge_it(lively: TestClient) -> None:
    due = contact(lively)["next_mail"]
    assert (due["campaign"], due["decision"], due["why"]) == ("dunning", "go", None)
    tell(lively, flags={"vip": True})
    asked = contact(lively)
    assert asked["next_mail"]["decision"] == "ask"
    assert asked["next_mail"]["why"] == "the customer is a VIP: a person writes"
    verdicts = {c["campaign"]: c["ground"] for c in asked["campaigns"]}
    assert (verdicts["dunning"], verdicts["winback"]) == ("by_hand", "by_hand")


def test_suppressions_last_contacts_and_what_the_caps_leave_are_shown(
    lively: TestClient, application: Application
) -> None:
    address = lively.get(f"/api/customers/{WHO}", headers=READ).json()["customer"]["email"]
    with application.db.write() as session:
        service.suppress(
            session, address, SuppressionScope.MARKETING, SuppressionReason.COMPLAINT, "postmark", NOW - DAY
        )
        for days in (1, 2, 9):
            at = NOW - days * DAY
            log_mail(session, customer_id=WHO, mail_id=f"m{days}", at=at, name="m", counted=True)
    shown = contact(lively)
    (row,) = shown["suppressions"]
    assert (row["scope"], row["reason"], row["source"], row["stands"]) == (
        "marketing", "complaint", "postmark", True,
    )  # fmt: skip
    assert [c["mail_id"] for c in shown["last_contacts"]][:2] == ["m1", "m2"]
    assert shown["caps"]["left_in_7_days"] == 1
    assert {c["campaign"]: c["ground"] for c in shown["campaigns"]}["survey"] == "silenced"


def test_a_deleted_customer_is_shown_as_one_who_hears_nothing(
    lively: TestClient, application: Application
) -> None:
    with application.db.write() as session:
        session.execute(update(Customer).where(Customer.id == WHO).values(deleted=True))
    assert {c["ground"] for c in contact(lively)["campaigns"]} == {"deleted"}


def test_a_paused_subscription_tells_until_when(lively: TestClient, application: Application) -> None:
    with application.db.write() as session:
        values = {"status": "active", "paused_collection": True, "pause_resumes_at": NOW + 30 * DAY}
        session.execute(update(Subscription).where(Subscription.customer_id == WHO).values(**values))
    access = lively.get(f"/api/customers/{WHO}", headers=READ).json()["access"]
    assert (access["state"], access["reason"]) == ("paused", "the subscription is paused")
    assert access["until"] == f"{NOW + 30 * DAY:%Y-%m-%dT%H:%M:%SZ}"


def test_a_task_may_have_a_kind_and_a_day(lively: TestClient) -> None:
    wanted = {"title": "Call Ada", "kind": "call", "due_at": "2026-07-01T09:00:00Z", "customer_id": WHO}
    answer = lively.post("/api/tasks", json=wanted, headers=OPERATE)
    assert answer.status_code == 201
    assert {k: answer.json()[k] for k in wanted} == wanted
