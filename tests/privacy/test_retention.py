"""Old content is let go in time: what must be kept is kept, what is unfinished too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts.models import Consent
from app.core.db import Database
from app.hooks.models import HookMessage
from app.inbound import repository as inbound
from app.inbound.models import InboundEvent
from app.inbound.states import InboundState, Source
from app.outbox.models import Mail
from app.outbox.states import MailPurpose
from app.privacy import retention
from app.privacy.policy import RetentionPolicy
from app.privacy.retention import sweep

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
POLICY = RetentionPolicy()


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def event(session: Session, name: str, days: float, state: InboundState = InboundState.DONE) -> None:
    at = days_ago(days)
    inbound.store(
        session, source=Source.STRIPE, event_id=name, type="x", created_at=at, now=at, body=b"{}", state=state
    )


def mail(session: Session, name: str, days: float | None, **more: Any) -> None:
    row = Mail(
        id=name, key=name, name="x", state="sent", customer_id="cus_1", purpose=MailPurpose.REMINDER,
        context={"a": 1}, locale="en", to_address="a@example.com", raw=b"raw", due_at=NOW, created_at=NOW,
        settled_at=days_ago(days) if days is not None else None,
    )  # fmt: skip
    for key, value in more.items():
        setattr(row, key, value)
    session.add(row)


def with_body(database: Database) -> list[str]:
    with database.read() as session:
        rows = session.scalars(select(InboundEvent).order_by(InboundEvent.id))
        return [row.event_id for row in rows if row.body]


def with_text(database: Database) -> list[str]:
    with database.read() as session:
        rows = session.scalars(select(Mail).order_by(Mail.id)).all()
        assert all(bool(row.raw) == bool(row.context) for row in rows)
        return [row.id for row in rows if row.raw]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)


def test_bodies_of_finished_events_go_after_thirty_days(database: Database) -> None:
    with database.write() as session:
        for number in range(5):
            event(session, f"evt_{number}", 40 - number)
        event(session, "evt_ignored", 31, InboundState.IGNORED)
        event(session, "evt_young", 29)
    assert sweep(database, POLICY, NOW)["events"] == 6
    assert with_body(database) == ["evt_young"]
    assert sweep(database, POLICY, NOW)["events"] == 0
    assert sweep(database, POLICY, NOW + timedelta(days=2))["events"] == 1


def test_events_that_are_not_finished_stay_until_they_are(database: Database) -> None:
    with database.write() as session:
        for number in range(3):
            event(session, f"evt_{number}", 40)
        event(session, "evt_dead", 40, InboundState.DEAD)
        event(session, "evt_waits", 40, InboundState.RECEIVED)
    sweep(database, POLICY, NOW)
    assert with_body(database) == ["evt_dead", "evt_waits"]
    with database.write() as session:
        for row in session.scalars(select(InboundEvent).where(InboundEvent.event_id == "evt_dead")):
            row.state = InboundState.DONE
    assert sweep(database, POLICY, NOW)["events"] == 1
    assert with_body(database) == ["evt_waits"]


def test_an_event_without_a_body_is_not_replayed(database: Database) -> None:
    with database.write() as session:
        event(session, "evt_old", 40)
        event(session, "evt_young", 1)
    sweep(database, POLICY, NOW)
    with database.write() as session:
        assert inbound.replay(session, now=NOW, since=days_ago(100)) == 1


def test_texts_of_ordinary_mails_go_and_legal_ones_stay_three_years(database: Database) -> None:
    with database.write() as session:
        for number in range(5):
            mail(session, f"mail_{number}", 40)  # all of one instant
        mail(session, "mail_of_dunning", 40, campaign="dunning")
        mail(session, "mail_notice", 40, purpose=MailPurpose.LAST_NOTICE)
        mail(session, "mail_receipt", 40, purpose=MailPurpose.CONFIRMATION, campaign="dunning")
        mail(session, "mail_renewal", 40, campaign="renewal")
        mail(session, "mail_very_old", 1100, purpose=MailPurpose.LAST_NOTICE)
        mail(session, "mail_young", 29)
        mail(session, "mail_waits", None, state="queued")
    swept = sweep(database, POLICY, NOW)
    assert (swept["mails"], swept["legal_mails"]) == (6, 1)
    assert with_text(database) == ["mail_notice", "mail_receipt", "mail_renewal", "mail_waits", "mail_young"]
    sweep(database, POLICY, NOW + timedelta(days=1100))
    assert with_text(database) == ["mail_waits"]


def test_a_consent_goes_three_years_after_it_has_ended(database: Database) -> None:
    with database.write() as session:
        for name, ended in (("old", 1100), ("newer", 1000), ("in_force", None), ("older", 2000)):
            row = Consent(key=name, customer_id="cus_1", basis="consent", source="x", proof="p")
            row.given_at = row.recorded_at = days_ago(3000)
            row.withdrawn_at = days_ago(ended) if ended else None
            session.add(row)
    assert sweep(database, POLICY, NOW)["consents"] == 2
    with database.read() as session:
        assert sorted(session.scalars(select(Consent.key))) == ["in_force", "newer"]


def test_what_systems_and_chats_were_told_goes_after_thirty_days_but_that_it_was_told_stays(
    database: Database,
) -> None:
    def message(name: str, days: float | None) -> HookMessage:
        return HookMessage(
            id=name, endpoint_id="hook_1", key=name, type="case.opened", customer_id="cus_1", body={"a": 1},
            state="queued" if days is None else "sent", due_at=NOW, created_at=days_ago(90),
            settled_at=None if days is None else days_ago(days),
        )  # fmt: skip

    with database.write() as session:
        ages = {"m1": 40, "m2": 35, "m3": 31, "m4": 29, "m5": None}
        session.add_all(message(name, days) for name, days in ages.items())
    assert sweep(database, POLICY, NOW)["hook_messages"] == 3
    with database.read() as session:
        rows = session.scalars(select(HookMessage).order_by(HookMessage.id)).all()
    assert [(row.id, bool(row.body)) for row in rows] == [
        ("m1", False), ("m2", False), ("m3", False), ("m4", True), ("m5", True),
    ]  # fmt: skip
