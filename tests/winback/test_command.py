"""`reclaim winback plan`: who would be invited today, and why everybody else would not."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pytest

from app.core.db import Database
from app.winback.rules.policy import WinbackPolicy
from benchmarks.winback import NOW, fill, look, setup_of
from tests.commands import Commands


def test_the_plan_lists_everybody_with_a_reason(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database, 40)
    look(database, setup_of(WinbackPolicy(enabled=True, first_run_most=1)), NOW)
    command = Commands(database, tmp_path, monkeypatch)
    code, text = command("winback", "plan", "--dry-run", "--format", "csv")
    rows = list(csv.DictReader(StringIO(text)))
    assert (code, len(rows)) == (0, 39)
    assert all((row["invited"] == "yes") == (row["reason"] == "") for row in rows)
    assert all(row["why"] for row in rows if row["invited"] == "no")
    code, text = command("winback", "plan", "--format", "json")
    assert [line["subscription"] for line in json.loads(text)] == [row["subscription"] for row in rows]
