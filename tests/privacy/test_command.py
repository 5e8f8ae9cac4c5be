"""`reclaim person export` and `erase`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from app.billing import repository as billing
from app.billing.states import CustomerState
from app.core import gates
from app.core.db import Database
from tests.commands import Commands

NOW = datetime(2026, 4, 1, tzinfo=UTC)
Command = Callable[..., tuple[int, str]]


@pytest.fixture
def command(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """`reclaim person ...` over a database with one customer; `answer`: what the operator types."""
    with database.write() as session:
        gates.register(session, public_url="http://here", provider_key=None, now=NOW)
        billing.lock_customers(session, [CustomerState("cus_1", NOW, True, email="ada@example.com")])
    return partial(Commands(database, tmp_path, monkeypatch), "person")


def test_export_writes_json_to_stdout_or_to_a_file_for_its_owner_alone(
    command: Command, tmp_path: Path
) -> None:
    code, text = command("export", "cus_1")
    assert (code, json.loads(text)["held"]["customers"][0]["email"]) == (0, "ada@example.com")
    file = tmp_path / "told.json"
    assert command("export", "cus_1", "--out", str(file))[0] == 0
    assert json.loads(file.read_text())["customer_id"] == "cus_1"
    assert file.stat().st_mode & 0o777 == 0o600


def test_erase_asks_before_and_does_it_once(command: Command) -> None:
    assert command("erase", "cus_1", answer="n\n")[0] == 1
    assert command("export", "cus_1")[0] == 0
    code, text = command("erase", "cus_1", "--yes", "--why", "asked by letter")
    assert (code, text.startswith("erased: ")) == (0, True)
    code, text = command("erase", "cus_1", "--yes")
    assert (code, text.startswith("nothing to do: erased before")) == (0, True)
