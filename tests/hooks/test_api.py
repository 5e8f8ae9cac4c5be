"""Endpoints over the API: the secret once, every act recorded, forbidden addresses refused."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app.bootstrap import Application
from app.core.acts import OperatorAct
from app.core.auth import Scope
from app.core.db import Database
from app.hooks.rules.addresses import Reach
from app.integrations.hooks.wire import HttpWire
from app.main import create_app
from tests.hooks.receiver import Receiver
from tests.ops.conftest import application, bearer, client
from tests.ops.seed import add_keys

__all__ = ["application"]
ADMIN = bearer(Scope.ADMIN)


@pytest.fixture
def web(application: Application, database: Database) -> TestClient:
    with database.write() as session:
        add_keys(session)
    return client(create_app(application))


def acts(application: Application) -> list[tuple[str, str]]:
    with application.db.read() as session:
        rows = session.scalars(select(OperatorAct).order_by(OperatorAct.id))
        return [(row.act, row.who) for row in rows]


def test_an_endpoint_is_added_tested_and_removed(
    web: TestClient, application: Application, receiver: Receiver
) -> None:
    application.hook_wire = HttpWire(Reach.LOOPBACK)
    made = web.post("/api/hooks", json={"url": receiver.url, "events": ["case.opened"]}, headers=ADMIN)
    assert made.status_code == 201
    receiver.secret, endpoint = made.json()["secret"], made.json()["id"]

    tested = web.post(f"/api/hooks/{endpoint}/test", headers=ADMIN).json()
    assert (tested["acknowledged"], tested["status"], tested["state"]) == (True, 204, "sent")
    assert receiver.verified() == {
        "type": "ping",
        "timestamp": receiver.verified()["timestamp"],
        "data": {"endpoint": endpoint},
    }
    (listed,) = web.get("/api/hooks", headers=ADMIN).json()["items"]
    assert (listed["events"], listed["enabled"], "secret" in listed) == (["case.opened"], True, False)
    assert listed["tested_at"] == listed["acknowledged_at"] is not None

    receiver.answers = [500]
    refused = web.post(f"/api/hooks/{endpoint}/test", headers=ADMIN).json()
    assert (refused["acknowledged"], refused["status"], refused["error"]) == (False, 500, "answered 500")

    assert web.post(f"/api/hooks/{endpoint}/enable", headers=ADMIN).json()["enabled"]
    assert web.delete(f"/api/hooks/{endpoint}", headers=ADMIN).status_code == 204
    assert web.delete(f"/api/hooks/{endpoint}", headers=ADMIN).status_code == 404
    assert web.get("/api/hooks", headers=ADMIN).json() == {"items": []}
    names = ["hooks.add", "hooks.test", "hooks.test", "hooks.enable", "hooks.remove"]
    assert acts(application) == [(name, "admin-key") for name in names]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "https://169.254.169.254/", "https://user@a.example/"]
)
def test_a_forbidden_address_is_refused_and_nothing_is_recorded(
    web: TestClient, application: Application, url: str
) -> None:
    answer = web.post("/api/hooks", json={"url": url}, headers=ADMIN)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert acts(application) == []


@pytest.mark.parametrize(
    "body", [{"url": "https://8.8.8.8/", "events": ["ping"]}, {"url": ""}, {}, {"url": "x", "y": 1}]
)
def test_what_cannot_be_asked_for_is_refused(web: TestClient, body: dict[str, object]) -> None:
    assert web.post("/api/hooks", json=body, headers=ADMIN).status_code == 422
