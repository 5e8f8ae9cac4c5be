"""What the doctor says of endpoints, chats and the monthly report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from app.alerts.policy import AlertPolicy
from app.bootstrap import Application
from app.configuration import Configuration
from app.core.db import Database
from app.doctor import Finding, examine
from app.hooks.models import HookEndpoint
from app.reports.policy import ReportPolicy
from app.settings import Settings
from tests.hooks.switchboard import NOW


def findings(db: Database, config: Configuration, subjects: tuple[str, ...]) -> Iterator[Finding]:
    url = db.url.render_as_string(hide_password=False)
    made = Application(Settings(database_url=url, secret_keys="k" * 40), config)
    made.db = db
    return (f for f in examine(made) if f.subject.startswith(subjects))


def endpoint(name: str, **more: Any) -> HookEndpoint:
    return HookEndpoint(
        id=name, url=f"https://{name}.example/", secret=b"", events=[], created_at=NOW, **more
    )


def test_it_says_which_endpoints_do_not_take_what_they_are_told(database: Database) -> None:
    with database.write() as session:
        session.add(endpoint("hook_1", acknowledged_at=NOW))
        session.add(endpoint("hook_2"))
        session.add(
            endpoint("hook_3", failures=4, failing_since=NOW - timedelta(hours=2), acknowledged_at=NOW)
        )
        session.add(endpoint("hook_4", enabled=False, disabled_reason="it answered 410 Gone", kind="chat"))
    found = {f.subject: f for f in findings(database, Configuration(), ("standard", "chat"))}
    assert {name: f.verdict for name, f in found.items()} == {
        "standard hook_1": "ok",
        "standard hook_2": "warn",
        "standard hook_3": "warn",
        "chat hook_4": "FAIL",
    }
    assert "`reclaim hooks test hook_2`" in found["standard hook_2"].told
    assert "4 times since 2026-03-02 08:00" in found["standard hook_3"].told
    assert "410 Gone: `reclaim hooks enable hook_4`" in found["chat hook_4"].told


def test_it_says_that_nobody_gets_reports_or_alerts(database: Database) -> None:
    alerts = AlertPolicy(high_value_minor={"usd": 50000})
    subjects = ("monthly", "alerts")
    assert [f.verdict for f in findings(database, Configuration(alerts=alerts), subjects)] == ["warn", "warn"]
    owned = Configuration(reports=ReportPolicy(owner=["ada@acme.example"]))
    assert [f.verdict for f in findings(database, owned, subjects)] == ["ok"]
