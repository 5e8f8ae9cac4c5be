"""SQLite rewrites a table to change a CHECK: the others must still be there afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from app.core.db import Database
from app.inbound.models import InboundEvent
from tests.feedback.factories import NOW, mail


def event(**more: Any) -> InboundEvent:
    at: datetime = NOW
    values: dict[str, Any] = {
        "source": "ses", "event_id": "e", "type": "t", "refs": " ", "created_at": at, "received_at": at,
        "body": b"{}", "next_at": at, "state": "received",
    }  # fmt: skip
    return InboundEvent(**(values | more))


@pytest.mark.parametrize(
    "bad",
    [
        lambda: event(source="nobody"),
        lambda: event(state="odd"),
        lambda: mail(stream="other"),
        lambda: mail(bounce_kind="odd"),
        lambda: mail(state="odd"),
        lambda: mail(purpose="odd"),
    ],
)
def test_every_check_still_stands(database: Database, bad: Any) -> None:
    with pytest.raises(IntegrityError), database.write() as session:
        session.add(bad())


def test_every_source_can_be_stored_once_and_not_twice(database: Database) -> None:
    with database.write() as session:
        session.add_all(event(source=name) for name in ("resend", "postmark", "ses", "stripe"))
    with pytest.raises(IntegrityError), database.write() as session:
        session.add(event())
