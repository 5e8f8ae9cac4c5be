from __future__ import annotations

import time
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from starlette.testclient import TestClient

from app.bootstrap import Application
from app.core.clock import real_now
from app.core.db import Database
from app.inbound.router import IntakeApp
from app.ops import health


def values(web: TestClient) -> dict[str, float]:
    """Every sample as `name{label}`."""
    found = {}
    for family in text_string_to_metric_families(web.get("/metrics").text):
        for sample in family.samples:
            labels = ",".join(sample.labels.values())
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def test_a_healthy_service_is_ready(web: TestClient) -> None:
    answer = web.get("/readyz")
    assert answer.status_code == 200
    assert {name: c["ok"] for name, c in answer.json()["checks"].items()} == {
        "accepting": True,
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


def test_a_process_that_is_stopping_is_not_ready(web: TestClient, intake: IntakeApp) -> None:
    intake._inner.state.draining = True  # type: ignore[attr-defined]
    assert web.get("/readyz").status_code == 503
    assert web.get("/healthz").status_code == 200


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


def test_metrics_count_what_is_there(lively: TestClient) -> None:
    found = values(lively)
    assert found["reclaim_inbound_events{received}"] == 1
    assert found["reclaim_inbound_events{dead}"] == 1
    assert found["reclaim_inbound_conflicts{}"] == 1
    assert found["reclaim_inbound_oldest_unprocessed_seconds{}"] == 8 * 3600
    assert found["reclaim_mails{unknown}"] == 1
    assert found["reclaim_cases_open{dunning,open}"] == 8
    assert found["reclaim_cases_open{dunning,held}"] == 1
    assert found["reclaim_tasks_open{}"] == 3
    assert found["reclaim_paused{}"] == 1
    assert found["reclaim_intake_total{received}"] == 0


def test_metrics_of_an_empty_database_are_zero(web: TestClient) -> None:
    found = values(web)
    assert found["reclaim_paused{}"] == 0
    assert found["reclaim_mail_oldest_due_seconds{}"] == 0


def test_metrics_hold_no_name_address_or_id(lively: TestClient) -> None:
    told = lively.get("/metrics").text
    for word in ("@", "cus_", "case_0", "in_0", "evt_", "Amara"):
        assert word not in told
