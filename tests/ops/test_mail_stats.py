"""The mail numbers over the API and on the dashboard, and a stopped campaign where operators look."""

from __future__ import annotations

import csv
import io

from starlette.testclient import TestClient

from app.bootstrap import Application
from app.core.auth import Scope
from app.feedback.models import CampaignBrake
from tests.feedback.factories import mail
from tests.ops.conftest import bearer, signed_in
from tests.ops.seed import NOW
from tests.rollups import keep


def add_mails(application: Application) -> None:
    with application.db.write() as session:
        session.add(mail("b1", settled_at=NOW, bounced_at=NOW, bounce_kind="hard"))
        session.add(mail("b2", settled_at=NOW, complained_at=NOW, campaign="expiring_card"))
    keep(application.db)


def test_json_and_csv_tell_the_same(web: TestClient, application: Application) -> None:
    add_mails(application)
    answer = web.get("/api/stats/mail?from=2026-11-01", headers=bearer(Scope.READ))
    assert answer.json()["data"] == [
        {"month": "2026-11", "campaign": "dunning", "sent": 1, "failed": 0, "unknown": 0, "bounced": 1, "hard": 1,
         "complained": 0, "unsubscribed": 0, "complaint_share": 0.0},
        {"month": "2026-11", "campaign": "expiring_card", "sent": 1, "failed": 0, "unknown": 0, "bounced": 0,
         "hard": 0, "complained": 1, "unsubscribed": 0, "complaint_share": 1.0},
    ]  # fmt: skip
    text = web.get("/api/stats/mail?by=campaign&format=csv", headers=bearer(Scope.READ)).text
    assert [row["campaign"] for row in csv.DictReader(io.StringIO(text))] == ["dunning", "expiring_card"]


def test_days_in_the_wrong_order_are_refused(web: TestClient) -> None:
    answer = web.get("/api/stats/mail?from=2026-02-01&to=2026-01-01", headers=bearer(Scope.READ))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


def test_the_dashboard_shows_mails_and_stopped_campaigns(web: TestClient, application: Application) -> None:
    browser = signed_in(web, Scope.READ)
    add_mails(application)
    with application.db.write() as session:
        session.add(CampaignBrake(campaign="dunning", stopped_at=NOW, reason="complaints: 0.31%"))
    for page in ("/ops", "/ops/mail"):
        assert "complaints: 0.31%" in browser.get(page).text, page
    assert "reclaim mail resume dunning" in browser.get("/ops").text
