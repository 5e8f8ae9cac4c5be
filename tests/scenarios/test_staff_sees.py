"""What staff and the merchant's backend see of who is leaving: access, the case, the pages, the links."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from app.cli import app as command
from app.cli import offers as offers_command
from app.core.auth import Scope, add_key
from app.core.db import Database
from app.core.origins import LinkPolicy
from app.offers.models import Entitlement
from tests.scenarios.diary import Diary, open_diary
from tests.scenarios.leaving import FREE_MONTH, PAUSE, Leaving, headline, offering

pytestmark = pytest.mark.same_on_both

ORIGIN = "https://app.acme.example"


def ask(diary: Diary, method: str, path: str, scope: Scope = Scope.ADMIN, **more: Any) -> Any:
    with diary.application.db.write() as session:
        name = f"key{diary.application.db.now().timestamp()}".replace(".", "-")
        key = add_key(session, name, scope, now=diary.now)
    return diary.web.request(method, path, headers={"Authorization": f"Bearer {key}"}, **more)


def access(diary: Diary, ada: Leaving) -> dict[str, Any]:
    told: dict[str, Any] = ask(diary, "GET", f"/api/customers/{ada.someone.customer}").json()
    return told


def link(diary: Diary, ada: Leaving, **body: Any) -> Any:
    about = {"customer": ada.someone.customer, "subscription": ada.someone.subscription}
    return ask(diary, "POST", "/api/links", json={"purpose": "cancel"} | about | body)


def test_access_goes_on_until_the_end_of_what_was_cancelled(database: Database) -> None:
    with open_diary(database) as diary:
        ada = Leaving(diary, diary.subscriber())
        diary.until("2026-03-31T12:00:00")
        ada.press("cancel")
        diary.tick()
        told = access(diary, ada)
        assert told["access"]["state"] == "ok"
        assert told["access"]["until"] == "2026-04-01T10:00:00Z"
        assert "cancelled" in told["access"]["reason"]
        assert told["cancellation"] == [
            {
                "subscription_id": ada.someone.subscription,
                "case_id": None,
                "ends_at": "2026-04-01T10:00:00Z",
            }
        ]


def test_a_paused_customer_is_paused_until_it_resumes_and_the_grant_is_told(database: Database) -> None:
    with open_diary(database, config=offering({"pause": PAUSE})) as diary:
        ada = Leaving(diary, diary.subscriber())
        diary.until("2026-03-31T12:00:00")
        ada.press("answer", reason="too_expensive")
        ada.press("permit")
        ada.press("accept")
        diary.tick()
        told = access(diary, ada)
        assert told["access"]["state"] == "paused"
        assert told["access"]["until"] is not None
        assert [(g["offer"], g["state"], g["given_by"]) for g in told["grants"]] == [
            ("pause", "applied", "page")
        ]


@pytest.mark.parametrize(("acknowledged", "state"), [(True, "upgraded"), (False, "ok")])
def test_an_upgrade_counts_once_the_backend_has_acknowledged_it(
    database: Database, acknowledged: bool, state: str
) -> None:
    with open_diary(database) as diary:
        ada = Leaving(diary, diary.subscriber())
        until = diary.now.replace(month=6, day=1)
        with diary.application.db.write() as session:
            session.add(
                Entitlement(
                    id="ent_1",
                    grant_id="grant_1",
                    customer_id=ada.someone.customer,
                    subscription_id=ada.someone.subscription,
                    price_id="price_pro",
                    plan_name="Pro",
                    from_at=diary.now,
                    until_at=until,
                    acknowledged_at=diary.now if acknowledged else None,
                )
            )
        told = access(diary, ada)["access"]
        assert told["state"] == state
        assert (told["until"] == "2026-06-01T10:00:00Z") is acknowledged
        with diary.application.db.write() as session:
            session.scalars(select(Entitlement)).one().ended_at = diary.now
        assert access(diary, ada)["access"]["state"] == "ok"


def test_a_case_shows_what_was_shown_refused_and_given_and_content_only_as_text(database: Database) -> None:
    """Edge case 41."""
    offers = {"yearly": FREE_MONTH | {"intervals": ["year"]}, "free": FREE_MONTH}
    with open_diary(database, config=offering(offers)) as diary:
        ada = Leaving(diary, diary.subscriber())
        ada.press("answer", reason="too_expensive", comment="<script>alert(1)</script>")
        ada.press("permit")
        case = diary.case()
        told = ask(diary, "GET", f"/api/cases/{case.id}", Scope.READ).json()
        visit = told["visits"][0]
        assert visit["refused"] == {"yearly": ["not for this billing interval"]}
        assert [s["screen"] for s in visit["screens"]] == ["start", "permission", "offer"]
        assert [g["state"] for g in told["grants"]] == ["shown"]
        path = f"/cases/{case.id}/screens/{visit['screens'][-1]['id']}"
        assert ask(diary, "GET", f"/api{path}", Scope.OPERATE).status_code == 403
        kept = ask(diary, "GET", f"/api{path}").json()
        assert headline(kept["content"]) == "One month free"
        assert ask(diary, "GET", f"/api/cases/case_other/screens/{kept['id']}").status_code == 404
        sign_in(diary, Scope.ADMIN)
        page = diary.web.get(f"/ops/cases/{case.id}").text
        assert "not for this billing interval" in page
        assert "<script>" not in page
        shown = diary.web.get(f"/ops{path}").text
        assert "&lt;h1&gt;One month free" in shown or "&lt;h1" in shown
        assert '<form method="post" action="/cancel' not in shown


def sign_in(diary: Diary, scope: Scope) -> None:
    with diary.application.db.write() as session:
        key = add_key(session, f"page-{scope}", scope, now=diary.now)
    answer = diary.web.post("/ops/login", data={"key": key}, headers={"Origin": "http://testserver"})
    assert answer.status_code == 303


def test_the_customers_page_gives_an_offer_by_a_form(database: Database) -> None:
    with open_diary(database, config=offering({"free": FREE_MONTH})) as diary:
        ada = Leaving(diary, diary.subscriber())
        sign_in(diary, Scope.OPERATE)
        path = f"/ops/customers/{ada.someone.customer}"
        page = diary.web.get(path).text
        token = page.split('name="token" value="')[1].split('"')[0]
        form = {"token": token, "subscription": ada.someone.subscription, "offer": "free"}
        origin = {"Origin": "http://testserver"}
        assert diary.web.post(f"{path}/offers", data=form, headers=origin).status_code == 422
        done = diary.web.post(f"{path}/offers", data=form | {"why": "telephone"}, headers=origin)
        assert done.status_code == 303
        diary.tick()
        assert "page-operate" in diary.web.get(path).text
        refused = diary.web.post(f"{path}/offers", data=form | {"why": "telephone"}, headers=origin)
        assert refused.status_code == 409
        assert "they have had this offer before" in refused.text


def test_a_link_leads_back_to_a_listed_origin_only_and_only_at_the_end(database: Database) -> None:
    """Edge case 40."""
    config = offering({}).model_copy(update={"links": LinkPolicy(return_origins=[ORIGIN])})
    with open_diary(database, config=config) as diary:
        ada = Leaving(diary, diary.subscriber())
        for bad in ("https://evil.example/", "https://app.acme.example.evil.example/", "javascript:alert(1)"):
            refused = link(diary, ada, return_url=bad)
            assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")
        made = link(diary, ada, return_url=f"{ORIGIN}/account?tab=billing", locale="en")
        assert made.status_code == 201
        ada.at = made.json()["url"].removeprefix("http://testserver")
        assert "Back to Acme" not in ada.look()
        page = ada.press("cancel")
        assert f'href="{ORIGIN}/account?tab=billing"' in page
        assert "Back to Acme" in page


def test_who_may_only_look_gets_a_link_that_cannot_act(database: Database) -> None:
    """Edge case 38."""
    with open_diary(database) as diary:
        ada = Leaving(diary, diary.subscriber())
        ada.at = link(diary, ada, may_act=False).json()["url"].removeprefix("http://testserver")
        assert "Only the owner of the account" in ada.look()
        assert ada.post("cancel").status_code == 200
        assert ada.subscription["cancel_at"] is None
        assert ada.visits() == []


def test_a_link_is_for_the_customers_own_subscription(database: Database) -> None:
    with open_diary(database) as diary:
        ada = Leaving(diary, diary.subscriber())
        bob = Leaving(diary, diary.subscriber(email="bob@example.com"))
        assert link(diary, ada, subscription=bob.someone.subscription).status_code == 409
        assert link(diary, ada, subscription="sub_nope").status_code == 404
        assert link(diary, ada, customer="cus_nope").status_code == 404
        assert link(diary, ada, locale="klingon!").status_code == 422


def test_the_command_tells_the_catalogue_and_what_it_would_cost(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = {"free": FREE_MONTH | {"budget_minor": {"usd": 5000}, "most_per_month": 9}}
    with open_diary(database, config=offering(catalogue)) as diary:
        Leaving(diary, diary.subscriber())
        monkeypatch.setattr(offers_command, "build", lambda **_: diary.application)
        told = CliRunner().invoke(command, ["offers", "list"]).output
        assert "free\t1 month free\ttoo_expensive\t$50.00, 9 grants" in told
        cost = CliRunner().invoke(command, ["offers", "cost", "--accept-rate", "1"]).output
        assert "an assumed 3%" in cost
        assert "free\t1\t0.0\t$0.87\t$50.00" in cost
