"""The web application over each database, with keys of every scope and, where wanted, a year of rows."""

from __future__ import annotations

import pytest
from starlette.routing import BaseRoute
from starlette.testclient import TestClient

from app.bootstrap import Application
from app.configuration import Configuration
from app.core.auth import Scope
from app.core.db import Database
from app.inbound.router import IntakeApp
from app.main import create_app, pages
from app.settings import Settings
from tests.ops.seed import KEYS, NOW, add_keys, fill

BASE = "http://testserver"


@pytest.fixture
def application(database: Database) -> Application:
    url = database.url.render_as_string(hide_password=False)
    made = Application(Settings(database_url=url, secret_keys="k" * 40, public_url=BASE), Configuration())
    made.db = database
    made.clock = lambda: NOW
    return made


@pytest.fixture
def intake(application: Application) -> IntakeApp:
    return create_app(application)


@pytest.fixture
def web(application: Application, intake: IntakeApp) -> TestClient:
    """Nobody signed in; keys only."""
    with application.db.write() as session:
        add_keys(session)
    return client(intake)


@pytest.fixture
def lively(application: Application, intake: IntakeApp) -> TestClient:
    """The same over a year of rows."""
    fill(application.db)
    return client(intake)


def client(intake: IntakeApp) -> TestClient:
    return TestClient(intake, base_url=BASE, follow_redirects=False)


def bearer(scope: Scope) -> dict[str, str]:
    return {"Authorization": f"Bearer {KEYS[scope]}"}


def signed_in(web: TestClient, scope: Scope) -> TestClient:
    """This browser, with a session of a key of this scope."""
    answer = web.post("/ops/login", data={"key": KEYS[scope]}, headers={"Origin": BASE})
    assert answer.status_code == 303
    return web


def token_of(web: TestClient) -> str:
    """The form token on any page of this sign-in."""
    page = web.get("/ops/tasks").text
    return page.split('name="token" value="')[1].split('"')[0]


def routes_of() -> set[tuple[str, str]]:
    """Every (method, path) of the operator's side that the application answers."""
    found: set[tuple[str, str]] = set()

    def walk(routes: list[BaseRoute]) -> None:
        for route in routes:
            inner = getattr(route, "original_router", None)
            if inner is not None:
                walk(inner.routes)
            elif getattr(route, "endpoint", None) and route.endpoint.__module__.startswith("app.ops"):  # type: ignore[attr-defined]
                methods = route.methods - {"HEAD"}  # type: ignore[attr-defined]
                found.update((method, route.path) for method in methods)  # type: ignore[attr-defined]

    walk(pages().routes)
    return found
