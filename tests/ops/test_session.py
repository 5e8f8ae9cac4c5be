from __future__ import annotations

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app.bootstrap import Application
from app.cases.models import Case
from app.configuration import Configuration
from app.core.auth import Scope
from app.main import create_app
from app.ops import session as sessions
from app.ops.login_pages import safe_next
from app.settings import Settings
from tests.ops.conftest import BASE, signed_in, token_of
from tests.ops.seed import KEYS, REVOKED

HOLD = "/ops/cases/case_0055/hold"


def state_of(application: Application, case_id: str) -> str:
    with application.db.read() as session:
        return session.scalars(select(Case.state).where(Case.id == case_id)).one()


def test_the_cookie_is_kept_from_scripts_and_other_sites_and_holds_no_key(web: TestClient) -> None:
    answer = web.post("/ops/login", data={"key": KEYS[Scope.READ]}, headers={"Origin": BASE})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Max-Age=43200" in cookie
    assert KEYS[Scope.READ] not in cookie
    assert "Secure" not in cookie  # plain http in this test


def test_the_cookie_is_bound_to_this_host_and_https_where_the_address_is_https(
    application: Application, web: TestClient
) -> None:
    secure = Application(Settings(secret_keys="k" * 40, public_url="https://ops.example"), Configuration())
    secure.db, secure.clock = application.db, application.clock
    browser = TestClient(create_app(secure), base_url="https://ops.example", follow_redirects=False)
    answer = browser.post(
        "/ops/login", data={"key": KEYS[Scope.READ]}, headers={"Origin": "https://ops.example"}
    )
    assert answer.headers["set-cookie"].startswith("__Host-reclaim_ops=")
    assert "Secure" in answer.headers["set-cookie"]
    assert browser.get("/ops").status_code == 200


@pytest.mark.parametrize("key", ["", "nonsense", REVOKED, "x" * 600, "\x00", "ключ"])
def test_a_wrong_key_gets_the_form_again_and_no_cookie(web: TestClient, key: str) -> None:
    answer = web.post("/ops/login", data={"key": key}, headers={"Origin": BASE})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "not known, or was revoked" in answer.text


def test_a_session_ends_after_twelve_hours_of_real_time(
    web: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = signed_in(web, Scope.READ)
    assert browser.get("/ops").status_code == 200
    monkeypatch.setattr(sessions, "LIFETIME_SECONDS", -1)
    assert browser.get("/ops").status_code == 303


def test_a_forged_or_mangled_cookie_is_nobody(web: TestClient) -> None:
    for value in ("x", "e30.e30.e30", "a" * 5000):
        web.cookies.set("reclaim_ops", value)
        assert web.get("/ops").status_code == 303


def test_logging_out_ends_the_session(web: TestClient) -> None:
    browser = signed_in(web, Scope.READ)
    answer = browser.post("/ops/logout", data={"token": token_of(browser)}, headers={"Origin": BASE})
    assert (answer.status_code, answer.headers["location"]) == (303, "/ops/login")
    assert browser.get("/ops").status_code == 303


@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", "http://testserver.evil.example", "http://testserver:81"]
)
def test_a_form_of_another_site_changes_nothing(
    lively: TestClient, application: Application, origin: str | None
) -> None:
    browser = signed_in(lively, Scope.OPERATE)
    headers = {"Origin": origin} if origin else {}
    answer = browser.post(HOLD, data={"token": token_of(browser)}, headers=headers)
    assert answer.status_code == 403
    assert state_of(application, "case_0055") == "open"


def test_a_browser_that_says_cross_site_is_refused(lively: TestClient, application: Application) -> None:
    browser = signed_in(lively, Scope.OPERATE)
    headers = {"Origin": BASE, "Sec-Fetch-Site": "cross-site"}
    assert browser.post(HOLD, data={"token": token_of(browser)}, headers=headers).status_code == 403


@pytest.mark.parametrize("token", ["", "0" * 64, "ü"])
def test_a_form_without_its_token_changes_nothing(
    lively: TestClient, application: Application, token: str
) -> None:
    browser = signed_in(lively, Scope.OPERATE)
    answer = browser.post(HOLD, data={"token": token}, headers={"Origin": BASE})
    assert answer.status_code == 403
    assert state_of(application, "case_0055") == "open"


def test_a_token_of_an_earlier_sign_in_is_out_of_date(lively: TestClient) -> None:
    old = token_of(signed_in(lively, Scope.OPERATE))
    browser = signed_in(lively, Scope.OPERATE)
    assert browser.post(HOLD, data={"token": old}, headers={"Origin": BASE}).status_code == 403


def test_another_site_cannot_sign_a_browser_in(web: TestClient) -> None:
    answer = web.post(
        "/ops/login", data={"key": KEYS[Scope.READ]}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/ops/cases?state=open", "/ops/cases?state=open"),
        ("https://evil.example", "/ops"),
        ("//evil.example", "/ops"),
        ("/ops//evil.example", "/ops"),
        ("/opsevil", "/ops"),
        ("/ops/\\evil", "/ops"),
        ("/ops/cases\r\nx: y", "/ops"),
    ],
)
def test_the_login_leads_only_to_our_own_pages(asked: str, led: str) -> None:
    assert safe_next(asked) == led
