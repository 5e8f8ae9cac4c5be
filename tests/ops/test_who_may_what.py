"""The matrix of routes and keys. A route that is missing here fails the first test."""

from __future__ import annotations

from starlette.testclient import TestClient

from app.bootstrap import Application
from app.core import auth
from app.core.auth import Scope
from app.inbound.router import IntakeApp
from tests.ops.conftest import BASE, bearer, client, routes_of, signed_in, token_of
from tests.ops.seed import NOW, REVOKED

READ, OPERATE, ADMIN = Scope.READ, Scope.OPERATE, Scope.ADMIN
API: dict[tuple[str, str], Scope] = {
    ("GET", "/api/stats/recovery"): READ,
    ("GET", "/api/stats/mail"): READ,
    ("GET", "/api/stats/cancellations"): READ,
    ("GET", "/api/stats/offers"): READ,
    ("GET", "/api/stats/proof"): READ,
    ("GET", "/api/stats/retention"): READ,
    ("GET", "/api/stats/renewals"): READ,
    ("GET", "/api/stats/winback"): READ,
    ("GET", "/api/cases"): READ,
    ("GET", "/api/cases/{case_id}"): READ,
    ("POST", "/api/cases/{case_id}/hold"): OPERATE,
    ("POST", "/api/cases/{case_id}/release"): OPERATE,
    ("POST", "/api/cases/{case_id}/close"): OPERATE,
    ("POST", "/api/cases/{case_id}/answered"): OPERATE,
    ("POST", "/api/campaigns/{campaign}/resume"): OPERATE,
    ("POST", "/api/suppressions"): OPERATE,
    ("POST", "/api/suppressions/lift"): OPERATE,
    ("POST", "/api/restricted/read"): ADMIN,
    ("GET", "/api/customers/{customer_id}"): READ,
    ("POST", "/api/customers/{customer_id}/cancellations"): OPERATE,
    ("POST", "/api/customers/{customer_id}/offers"): OPERATE,
    ("GET", "/api/cases/{case_id}/screens/{screen_id}"): ADMIN,
    ("PUT", "/api/customers/{customer_id}/facts"): OPERATE,
    ("GET", "/api/customers/{customer_id}/export"): ADMIN,
    ("POST", "/api/customers/{customer_id}/erase"): ADMIN,
    ("GET", "/api/tasks"): READ,
    ("POST", "/api/tasks"): OPERATE,
    ("POST", "/api/tasks/{task_id}/done"): OPERATE,
    ("POST", "/api/links"): OPERATE,
    ("GET", "/api/hooks"): ADMIN,
    ("POST", "/api/hooks"): ADMIN,
    ("POST", "/api/hooks/{hook_id}/test"): ADMIN,
    ("POST", "/api/hooks/{hook_id}/enable"): ADMIN,
    ("POST", "/api/hooks/{hook_id}/rotate"): ADMIN,
    ("DELETE", "/api/hooks/{hook_id}"): ADMIN,
}
PAGES: dict[tuple[str, str], Scope] = {
    ("GET", "/ops"): READ,
    ("GET", "/ops/plots/{section}/{by}.svg"): READ,
    ("GET", "/ops/{section}"): READ,
    ("GET", "/ops/{section}.csv"): READ,
    ("GET", "/ops/cases"): READ,
    ("GET", "/ops/cases/{case_id}"): READ,
    ("POST", "/ops/cases/{case_id}/{what}"): OPERATE,
    ("GET", "/ops/cases/{case_id}/screens/{screen_id}"): ADMIN,
    ("GET", "/ops/customers/{customer_id}"): READ,
    ("POST", "/ops/customers/{customer_id}/cancellations"): OPERATE,
    ("POST", "/ops/customers/{customer_id}/offers"): OPERATE,
    ("GET", "/ops/letters/{case_id}"): READ,
    ("GET", "/ops/tasks"): READ,
    ("POST", "/ops/tasks/{task_id}/done"): OPERATE,
    ("POST", "/ops/campaigns/{campaign}/resume"): OPERATE,
    ("GET", "/ops/events"): READ,
    ("POST", "/ops/events/{event_id}/replay"): OPERATE,
    ("GET", "/ops/mails/{mail_id}"): READ,
    ("GET", "/ops/mails/{mail_id}/html"): READ,
    ("POST", "/ops/logout"): READ,
}
OPEN = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/ops/login"),
    ("POST", "/ops/login"),
}
IDS = {
    "case_id": "case_0059",
    "customer_id": "cus_0059",
    "task_id": "task_0000",
    "event_id": "1",
    "mail_id": "mail_step_0050_0",
    "section": "dunning",
    "by": "month",
    "what": "release",
    "hook_id": "hook_0000",
    "screen_id": "screen_0000",
    "campaign": "dunning",
}
BODIES = {
    "/api/customers/{customer_id}/facts": {"flags": {"vip": True}},
    # Somebody else's, so that nobody leaves.
    "/api/customers/{customer_id}/cancellations": {"subscription": "sub_0001", "why": "asked by phone"},
    "/api/customers/{customer_id}/offers": {
        "subscription": "sub_0001",
        "offer": "x",
        "why": "asked by phone",
    },
    "/api/tasks": {"title": "Call them"},
    "/api/campaigns/{campaign}/resume": {"reason": "mended"},
    "/api/suppressions": {"email": "eve@example.com", "reason": "asked by phone"},
    "/api/suppressions/lift": {"email": "eve@example.com", "reason": "asked by phone"},
    "/api/restricted/read": {"customer_id": "cus_0055", "why": "claim 7"},
    "/api/hooks": {"url": "https://8.8.8.8/"},
    "/api/links": {"purpose": "card", "customer": "cus_0055"},
}


def address(path: str) -> str:
    return path.format(**IDS) + ("?by=month" if path.endswith(".csv") else "")


def test_every_route_is_in_the_matrix() -> None:
    assert routes_of() == API.keys() | PAGES.keys() | OPEN


def test_the_api_answers_to_keys_by_their_scope(lively: TestClient) -> None:
    for (method, path), needed in API.items():
        body = BODIES.get(path)
        for headers in ({}, {"Authorization": f"Bearer {REVOKED}"}, {"Authorization": "Bearer nonsense"}):
            refused = lively.request(method, address(path), json=body, headers=headers)
            assert refused.status_code == 401, path
            assert refused.headers["content-type"] == "application/problem+json"
            assert refused.headers["www-authenticate"] == "Bearer"
        for scope in Scope:
            answer = lively.request(method, address(path), json=body, headers=bearer(scope))
            if scope.covers(needed):
                assert answer.status_code in (200, 201, 204, 409), (path, scope, answer.text)
            else:
                assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), (path, scope)


def test_pages_lead_whoever_is_not_signed_in_to_the_login(lively: TestClient) -> None:
    for method, path in PAGES:
        answer = lively.request(method, address(path), headers={"Origin": BASE})
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/ops/login"), path


def test_an_api_key_in_a_header_opens_no_page(lively: TestClient) -> None:
    assert lively.get("/ops", headers=bearer(Scope.ADMIN)).status_code == 303


def test_pages_open_by_the_scope_of_the_key_behind_the_session(lively: TestClient, intake: IntakeApp) -> None:
    for scope in Scope:
        browser = signed_in(client(intake), scope)
        form = {"token": token_of(browser), "reason": "checked", "why": "checked", "subscription": "sub_0001"}
        for (method, path), needed in sorted(PAGES.items(), key=lambda item: item[0][1] == "/ops/logout"):
            data = form if method == "POST" else None
            answer = browser.request(method, address(path), data=data, headers={"Origin": BASE})
            if scope.covers(needed):
                assert answer.status_code in (200, 303, 409), (path, scope, answer.text)
                assert not answer.headers.get("location", "").startswith("/ops/login") or "logout" in path
            else:
                assert answer.status_code == 403, (path, scope)


def test_a_revoked_key_ends_its_sessions_at_once(lively: TestClient, application: Application) -> None:
    browser = signed_in(lively, Scope.READ)
    assert browser.get("/ops").status_code == 200
    with application.db.write() as session:
        auth.revoke_key(session, "read-key", now=NOW)
    assert browser.get("/ops").status_code == 303


def test_health_and_metrics_need_no_key(lively: TestClient) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert lively.get(path).status_code == 200


def test_whoever_may_only_look_sees_no_button(lively: TestClient) -> None:
    browser = signed_in(lively, Scope.READ)
    for path in ("/ops/cases/case_0059", "/ops/tasks", "/ops/events"):
        page = browser.get(path).text
        assert page.count('<form method="post"') == 1, path  # to log out
