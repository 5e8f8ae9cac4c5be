"""Lapsed subscribers are invited back at the right time, and never once they have returned.

Everybody lives in the United States, where a merchant may write until told not to, unless a test says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.core.db import Database
from tests.scenarios.diary import Diary, open_diary
from tests.scenarios.winback import (
    FREE_MONTH,
    READY,
    invitations,
    inviting,
    lapses,
    leave,
    sequences,
    steps,
    subscribe_anew,
    the_lapse,
    the_sequence,
)

START = "2026-03-10T10:00:00"


@pytest.fixture
def diary(database: Database) -> Iterator[Diary]:
    config = inviting({"welcome": FREE_MONTH})
    with open_diary(database, start=START, config=config, **READY) as opened:
        yield opened


def subscriber(diary: Diary, email: str = "ada@example.com", **wanted: Any) -> Any:
    """Somebody who pays for the first month today."""
    found = diary.subscriber(email, **({"country": "US", "start": None} | wanted))
    diary.flush()
    return found


def test_who_left_is_asked_after_thirty_and_ninety_days(diary: Diary) -> None:
    ada = subscriber(diary)
    leave(diary, ada, feedback="too_expensive")
    diary.until("2026-03-11T10:00:00")
    lapse = the_lapse(diary)
    assert (lapse.kind, lapse.reason, lapse.state) == ("voluntary", "too_expensive", "enrolled")
    assert (lapse.received_minor, lapse.amount_minor, lapse.currency) == (2900, 2900, "usd")
    diary.until("2026-06-20T10:00:00")
    assert invitations(diary) == [("04-09", "winback_offer"), ("06-08", "winback_offer")]
    assert "unsubscribe" in diary.mailbox.text().lower()
    diary.until("2026-07-20T10:00:00")
    assert the_sequence(diary).outcome == "exhausted"
