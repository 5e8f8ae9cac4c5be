from __future__ import annotations

import time
from datetime import timedelta

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from app.bootstrap import Application
from app.core.clock import real_now
from app.core.db import Database
from app.ops import health


def test_a_healthy_service_is_ready(web: TestClient) -> None:
    answer = web.get("/readyz")
    assert answer.status_code == 200
    assert {name: c["ok"] for name, c in answer.json()["checks"].items()} == {
        "database": True,
        "schema": True,
        "clock": True,
    }


def test_an_old_schema_is_not_ready(web: TestClient, application: Application) -> None:
    with application.db.write() as session:
        head = session.scalar(text("select version_num from alembic_version"))
        session.execute(text("update alembic_version set version_num = 'old'"))
    answer = web.get("/readyz")
    with application.db.write() as session:
        session.execute(text("update alembic_version set version_num = :head"), {"head": head})
    assert answer.status_code == 503
    assert answer.json()["checks"]["schema"]["ok"] is False


def test_a_clock_that_differs_by_more_than_five_seconds_is_not_ready(
    web: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "real_now", lambda: real_now() + timedelta(seconds=8))
    answer = web.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["clock"]["ok"] is False


def test_a_database_that_does_not_answer_within_a_second_is_not_ready(
    web: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Database, "now", lambda _: time.sleep(1.5))
    began = time.monotonic()
    answer = web.get("/readyz")
    assert answer.status_code == 503
    assert time.monotonic() - began < 1.4
    assert answer.json()["checks"]["database"]["detail"] == "no answer within 1 s"


def test_a_failing_database_is_not_ready_and_tells_no_address(
    web: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Database) -> None:
        raise OSError("postgresql://reclaim:secret@db/x")

    monkeypatch.setattr(Database, "now", fail)
    answer = web.get("/readyz")
    assert answer.status_code == 503
    assert "secret" not in answer.text
