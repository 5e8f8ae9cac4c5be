"""Mails that went, cases they belong to, and what providers tell of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.models import Case, TimelineEntry
from app.contacts.models import Suppression
from app.contacts.states import Stream
from app.core import gates
from app.core.db import Database
from app.feedback.facts import MailBounced
from app.outbox.models import Mail, Task
from app.outbox.states import BounceKind

NOW = datetime(2026, 6, 3, 10, 0, tzinfo=UTC)
ADDRESS = "ada@example.com"
ID = "re_56761188-7520-42d8-1"
"""What the provider calls the first mail."""


def started(db: Database) -> None:
    """The first start makes the key under which addresses are hashed."""
    with db.write() as session:
        gates.register(session, public_url="https://acme.example", provider_key=None, now=NOW)


def add_case(db: Database, case_id: str = "case_1", customer: str = "cus_1", **more: Any) -> None:
    values = {
        "kind": "dunning", "state": "open", "category": "hard", "opened_at": NOW, "policy_version": "v",
        "experiment_arm": "treatment", "propensity": 1.0, "details": {},
    }  # fmt: skip
    with db.write() as session:
        session.add(Case(id=case_id, customer_id=customer, **(values | more)))


def mail(name: str = "1", **more: Any) -> Mail:
    """A mail that has gone out an hour ago."""
    at = NOW - timedelta(hours=1)
    values: dict[str, Any] = {
        "id": f"mail_{name}", "key": name, "name": "payment_failed", "purpose": "reminder", "campaign": "dunning",
        "customer_id": "cus_1", "case_id": None, "state": "sent", "context": {}, "locale": "en",
        "to_address": ADDRESS, "provider_id": f"re_56761188-7520-42d8-{name}", "message_id": f"<{name}@acme.example>",
        "due_at": at, "created_at": at, "settled_at": at, "stream": Stream.TRANSACTIONAL,
    }  # fmt: skip
    return Mail(**(values | more))


def add(db: Database, *rows: Any) -> None:
    with db.write() as session:
        session.add_all(rows)


def bounce(kind: BounceKind = BounceKind.HARD, **more: Any) -> MailBounced:
    values: dict[str, Any] = {
        "address": ADDRESS, "at": NOW, "source": "resend", "provider_id": ID, "kind": kind,
        "detail": "no such user",
    }  # fmt: skip
    return MailBounced(**(values | more))


def in_force(session: Session, now: datetime = NOW) -> list[tuple[str, str]]:
    """Scope and reason of what is suppressed now."""
    rows = session.scalars(select(Suppression).order_by(Suppression.id))
    return [
        (s.scope, s.reason)
        for s in rows
        if s.lifted_at is None and (s.expires_at is None or s.expires_at > now)
    ]


def tasks(session: Session) -> list[str]:
    return list(session.scalars(select(Task.kind).order_by(Task.id)))


def told(session: Session) -> list[str]:
    return list(session.scalars(select(TimelineEntry.code).order_by(TimelineEntry.id)))
