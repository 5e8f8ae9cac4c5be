"""`reclaim hooks ...` as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from app.core.db import Database
from tests.hooks.receiver import Receiver

ROOT = Path(__file__).resolve().parents[2]


def test_an_endpoint_from_add_to_remove(database: Database, tmp_path: Path, receiver: Receiver) -> None:
    url = database.url.render_as_string(hide_password=False)
    settings = {
        "RECLAIM_DATABASE_URL": url,
        "RECLAIM_SECRET_KEYS": "k" * 40,
        "PYTHONPATH": str(ROOT),
        "RECLAIM_HOOKS_ALLOW_PRIVATE": "1",
    }

    def hooks(*words: str) -> tuple[int, list[str]]:
        done = subprocess.run(
            [sys.executable, "-m", "app", "hooks", *words],
            cwd=tmp_path,
            env=os.environ | settings,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout.splitlines()

    assert hooks("add", "https://169.254.169.254/")[0] == 1
    code, (endpoint, receiver.secret) = hooks("add", receiver.url, "--event", "case.lost")
    assert code == 0
    assert hooks("test", endpoint) == (0, ["acknowledged with 204"])
    assert receiver.verified()["type"] == "ping"
    receiver.answers = [500]
    assert hooks("test", endpoint)[0] == 1
    (_, listed) = hooks("list")[1]
    assert listed.split("\t")[:4] == [endpoint, receiver.url, "case.lost", "enabled"]
    assert [line.split("\t")[4:7] for line in hooks("messages")[1][1:]] == [
        ["failed", "1", "500"],
        ["sent", "1", "204"],
    ]
    assert hooks("remove", endpoint)[0] == 0
    assert hooks("list")[1][1:] == []
    assert hooks("remove", endpoint)[0] == 1
