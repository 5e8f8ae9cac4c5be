"""Cancelling without a login: a declaration, a mail to the address on file, and the customer's own press."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.cancellation.declarations import Declaration
from app.core import gates
from app.core.db import Database
from app.core.gates import Pause
from tests.scenarios.diary import Diary, open_diary, unix
from tests.scenarios.leaving import Leaving, headline

pytestmark = pytest.mark.same_on_both

FILLED = {"name": "Ada Lovelace", "email": "ADA@example.com", "kind": "ordinary", "end": "next"}


def state_of(diary: Diary) -> str:
    with diary.application.db.read() as session:
        return session.scalars(select(Declaration)).one().state


def test_a_declaration_becomes_a_cancellation_by_the_link_that_went_to_the_address_on_file(
    database: Database,
) -> None:
    """Edge case 31. Without the link nothing is cancelled."""
    with open_diary(database) as diary:
        ada = Leaving(diary, diary.subscriber())
        assert diary.web.post("/cancel", data=FILLED).status_code == 200
        diary.tick()
        assert [name for _, name in diary.sent()] == ["cancel_declared"]
        assert ada.subscription["cancel_at"] is None
        assert state_of(diary) == "asked"
        link = re.search(r"http://testserver(/cancel/\S+)", diary.mailbox.text())
        assert link
        ada.at = link[1]
        assert headline(ada.press("cancel")) == "Your subscription is cancelled"
        assert ada.subscription["cancel_at"] == unix("2026-04-01T10:00:00")
        diary.tick()
        assert state_of(diary) == "confirmed"
        assert [name for _, name in diary.sent()] == ["cancel_declared", "subscription_cancelled"]
        diary.days(2)
        assert diary.tasks() == []


def test_a_declaration_that_nobody_confirms_is_a_task_after_a_day_even_while_sending_is_paused(
    database: Database,
) -> None:
    with open_diary(database) as diary:
        ada = Leaving(diary, diary.subscriber())
        diary.web.post("/cancel", data=FILLED)
        diary.tick()
        with diary.application.db.write() as session:
            gates.pause(session, Pause.CAMPAIGNS, "a test", now=diary.now)
        diary.days(1)
        assert state_of(diary) == "task"
        assert [task.kind for task in diary.tasks()] == ["declared_cancellation"]
        assert ada.subscription["cancel_at"] is None
