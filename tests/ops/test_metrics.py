"""What Prometheus reads: true counts, few label values, nothing of a person, no table read as a whole."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import delete, event
from starlette.testclient import TestClient

from app.bootstrap import Application
from app.cases.models import Case, Step
from app.core import gates
from app.core.marks import FigureMark
from app.feedback.models import CampaignBrake
from app.hooks.models import HookMessage
from app.proof.models import Proof
from tests.ops.seed import NOW

GRAFANA = Path(__file__).parents[2] / "deploy" / "grafana" / "reclaim.json"


def values(web: TestClient) -> dict[str, float]:
    """Every sample as `name{values of its labels, these by name}`."""
    found = {}
    for family in text_string_to_metric_families(web.get("/metrics").text):
        for sample in family.samples:
            labels = ",".join(sample.labels.values())
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def test_metrics_count_what_is_there(lively: TestClient) -> None:
    found = values(lively)
    assert found["reclaim_inbound_events{received}"] == 1
    assert found["reclaim_inbound_events{dead}"] == 1
    assert found["reclaim_inbound_conflicts{}"] == 1
    assert found["reclaim_inbound_oldest_unprocessed_seconds{}"] == 8 * 3600
    assert found["reclaim_mails_unknown{}"] == 1
    assert found["reclaim_cases_open{dunning,open}"] == 8
    assert found["reclaim_cases_open{dunning,held}"] == 1
    assert sum(n for name, n in found.items() if name.startswith("reclaim_tasks_open")) == 3
    assert found["reclaim_paused{}"] == 1
    assert found["reclaim_intake_total{received}"] == 0


def test_metrics_of_an_empty_database_are_zero(web: TestClient) -> None:
    found = values(web)
    zeros = ("paused", "mail_oldest_due_seconds", "steps_due", "figures_age_seconds", "mails_unknown")
    assert {found[f"reclaim_{name}{{}}"] for name in zeros} == {0}
    assert {found[f"reclaim_campaign_stopped{{{name}}}"] for name in ("dunning", "winback")} == {0}


def test_brakes_verdicts_and_waiting_webhooks_are_states(web: TestClient, application: Application) -> None:
    with application.db.write() as session:
        session.add(CampaignBrake(campaign="dunning", stopped_at=NOW, reason="complaints"))
        session.add(HookMessage(
            id="msg_1", endpoint_id="hook_1", key="k", type="alert", body={}, due_at=NOW - timedelta(minutes=5),
            created_at=NOW,
        ))  # fmt: skip
        for verdict in ("not_yet", "proven"):
            session.add(Proof(
                experiment="dunning", control="minimal", currency="usd", look_at=NOW, looked_at=NOW,
                cohorts=[], treated=90, held_out=40, verdict=verdict, ratio_p=1.0, reminders=0,
                recovered=0, guardrails={},
            ))  # fmt: skip
            session.flush()
    found = values(web)
    assert found["reclaim_campaign_stopped{dunning}"] == 1
    assert found["reclaim_campaign_stopped{winback}"] == 0
    assert found["reclaim_proof_verdict{minimal,usd,dunning,proven}"] == 1
    assert "reclaim_proof_verdict{minimal,usd,dunning,not_yet}" not in found, "only what is shown today"
    assert found["reclaim_hook_messages_waiting{queued}"] == 1
    assert found["reclaim_hook_oldest_due_seconds{}"] == 300


def test_figures_are_old_only_where_rows_have_changed_since(
    web: TestClient, application: Application
) -> None:
    with application.db.write() as session:
        gates.register(
            session, public_url="https://a.example", provider_key=None, now=NOW - timedelta(days=9)
        )
        row = session.get_one(gates.Installation, 1)
        row.figures_kept_at, row.reconciled_at = NOW - timedelta(hours=2), NOW - timedelta(minutes=30)
        session.execute(delete(FigureMark))
    assert values(web)["reclaim_figures_age_seconds{}"] == 0
    with application.db.write() as session:
        session.add(FigureMark(what="mails", customer_id="cus_1"))
    found = values(web)
    assert found["reclaim_figures_age_seconds{}"] == 7200
    assert found["reclaim_work_age_seconds{reconcile}"] == 1800
    assert "reclaim_work_age_seconds{backfill}" not in found, "never done is no age"


def test_steps_of_a_held_case_are_not_late(web: TestClient, application: Application) -> None:
    """It waits for a person, and the worker is right to leave it alone."""
    with application.db.write() as session:
        for number, state in enumerate(("open", "held")):
            session.add(Case(
                id=f"case_{number}", kind="dunning", customer_id=f"cus_{number}", state=state, category="hard",
                opened_at=NOW, policy_version="v", experiment_arm="treatment", propensity=1.0, details={},
            ))  # fmt: skip
            session.flush()
            for hours in (1, 2, -1):
                session.add(Step(
                    id=f"step_{number}{hours}", case_id=f"case_{number}", key=str(hours), kind="mail", number=1,
                    due_at=NOW - timedelta(hours=hours), planned_at=NOW,
                ))  # fmt: skip
    found = values(web)
    assert (found["reclaim_steps_due{}"], found["reclaim_step_oldest_due_seconds{}"]) == (2, 7200)


def test_metrics_hold_no_name_address_or_id(lively: TestClient) -> None:
    told = lively.get("/metrics").text
    for word in ("@", "cus_", "case_0", "in_0", "evt_", "Amara"):
        assert word not in told


def test_a_scrape_asks_about_as_much_however_many_rows_there_are(
    lively: TestClient, application: Application
) -> None:
    """No query walks through a table that grows: each has a condition, or reads what stays small."""
    asked: list[str] = []
    event.listen(application.db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    lively.get("/metrics")
    selects = [q for q in asked if q.lstrip().lower().startswith("select")]
    assert len(selects) <= 30
    growing = ("mails", "steps", "actions", "hook_messages", "inbound_events", "cases", "tasks")
    for query in selects:
        told = " ".join(query.lower().split())
        if any(re.search(rf"from {table}\b", told) for table in growing):
            assert "where" in told or "limit" in told, query


def expressions() -> list[str]:
    """Every query of the ready dashboard."""
    board = json.loads(GRAFANA.read_text("utf-8"))
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]]


@pytest.mark.same_on_both
def test_every_query_of_the_ready_dashboard_names_what_is_exposed_and_nothing_is_left_out(
    web: TestClient,
) -> None:
    exposed = {f.name for f in text_string_to_metric_families(web.get("/metrics").text)}
    counters = {"reclaim_intake": "reclaim_intake_total"}
    assert set(re.findall(r"reclaim_\w+", " ".join(expressions()))) == {counters.get(n, n) for n in exposed}


@pytest.mark.same_on_both
def test_the_dashboard_groups_by_labels_that_there_are(lively: TestClient) -> None:
    labels: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(lively.get("/metrics").text):
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
    for expression in expressions():
        for group, name in re.findall(r"by \(([\w, ]+)\) \((?:\w+\()?(reclaim_\w+)", expression):
            known = labels.get(name)
            assert known is None or set(group.split(", ")) <= known, expression


@pytest.mark.same_on_both
def test_the_thresholds_in_the_docs_are_of_metrics_that_there_are(web: TestClient) -> None:
    text = (GRAFANA.parents[2] / "docs" / "operations.md").read_text("utf-8")
    exposed = {f.name for f in text_string_to_metric_families(web.get("/metrics").text)} | {
        "reclaim_intake_total"
    }
    named = set(re.findall(r"`(reclaim_\w+)", text))
    assert named
    assert named <= exposed
