from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.core import gates
from app.core.db import Database
from app.core.errors import ConfigurationError
from app.core.gates import Pause, SendingMode

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "address", "withheld"),
    [
        ("live", "a@x.example", None),
        ("shadow", "a@x.example", "shadow"),
        ("allowlist:a@x.example", "A@X.example", None),
        ("allowlist:a@x.example", "b@x.example", "allowlist"),
        ("allowlist:a@x.example", "ba@x.example", "allowlist"),
        ("allowlist: A@X.example , @Staff.example,", "b@staff.EXAMPLE", None),
        ("allowlist:@staff.example", "b@evil-staff.example", "allowlist"),
        ("allowlist:@staff.example", "b@sub.staff.example", "allowlist"),
        ("allowlist:@staff.example", "@staff.example@evil.example", "allowlist"),
        ("allowlist:@staff.example", "", "allowlist"),
    ],
)
def test_a_mode_withholds_all_but_what_it_allows(value: str, address: str, withheld: str | None) -> None:
    assert SendingMode.parse(value).withholds(address) == withheld


@pytest.mark.parametrize("value", ["", "Live", "on", "allowlist", "allowlist:", "allowlist:,", "allowlist:x"])
def test_an_unknown_mode_is_refused_and_never_means_live(value: str) -> None:
    with pytest.raises(ConfigurationError):
        SendingMode.parse(value)


def register(db: Database, url: str = "https://a.example", key: str | None = "k1") -> str | None:
    with db.write() as session:
        return gates.register(session, public_url=url, provider_key=key, now=NOW)


def why_paused(db: Database) -> str | None:
    with db.read() as session:
        return gates.paused(session)


def test_the_first_start_writes_down_the_identity_and_later_ones_agree(database: Database) -> None:
    assert why_paused(database) is None
    assert register(database) is None
    assert register(database) is None
    assert why_paused(database) is None


@pytest.mark.parametrize(("url", "key"), [("https://b.example", "k1"), ("https://a.example", "k2")])
def test_another_identity_pauses_until_it_is_confirmed(database: Database, url: str, key: str) -> None:
    register(database)
    assert "another identity" in (register(database, url, key) or "")
    assert why_paused(database) is not None
    with database.write() as session:
        gates.resume(session, public_url=url, provider_key=key)
    assert why_paused(database) is None
    assert register(database, url, key) is None


def test_going_back_to_the_old_identity_does_not_resume_by_itself(database: Database) -> None:
    register(database)
    register(database, "https://b.example")
    assert register(database) is None
    assert why_paused(database) is not None


def test_a_pause_by_hand_keeps_its_reason_under_another_identity(database: Database) -> None:
    register(database)
    with database.write() as session:
        gates.pause(session, Pause.CAMPAIGNS, "holiday", now=NOW)
    assert register(database, "https://b.example") is not None
    assert why_paused(database) == "holiday"


def test_a_pause_without_a_reason_is_a_pause(database: Database) -> None:
    register(database)
    with database.write() as session:
        gates.pause(session, Pause.ALL, "", now=NOW)
    assert why_paused(database) == "paused"
