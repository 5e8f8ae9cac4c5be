"""`reclaim hooks ...` as an operator types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.db import Database
from tests.commands import Commands
from tests.hooks.receiver import Receiver


def test_an_endpoint_from_add_to_remove(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    commands = Commands(database, tmp_path, monkeypatch)
    commands.environment["RECLAIM_HOOKS_ALLOW_PRIVATE"] = "1"

    def hooks(*words: str) -> tuple[int, list[str]]:
        code, out = commands("hooks", *words)
        return code, out.splitlines()

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
    code, (fresh,) = hooks("rotate", endpoint)
    assert code == 0
    assert fresh.startswith("whsec_")
    receiver.answers = [204]
    assert hooks("test", endpoint)[0] == 0
    assert receiver.verified()["type"] == "ping", "the old secret signs along"
    receiver.secret = fresh
    assert receiver.verified()["type"] == "ping"
    assert hooks("remove", endpoint)[0] == 0
    assert hooks("list")[1][1:] == []
    assert hooks("remove", endpoint)[0] == 1


def test_chats_come_with_the_worker_and_another_command_without_the_variable_leaves_them(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    """Edge: `reclaim resume` in a shell that does not know RECLAIM_ALERT_URLS must not end the alerts."""
    commands = Commands(database, tmp_path, monkeypatch)
    commands.environment["RECLAIM_HOOKS_ALLOW_PRIVATE"] = "1"
    commands.environment["RECLAIM_ALERT_URLS"] = receiver.url
    assert commands("tick")[0] == 0
    del commands.environment["RECLAIM_ALERT_URLS"]
    assert commands("resume")[0] == 0
    (_, line) = commands("hooks", "list")[1].splitlines()
    endpoint, host = line.split("\t")[:2]
    assert (endpoint.startswith("chat_"), host) == (True, "127.0.0.1")
    assert commands("hooks", "test", endpoint) == (0, "acknowledged with 204\n")
    assert receiver.requests[-1][2] == b'{"text":"This is a test by Reclaim: alerts arrive here."}'
    assert commands("hooks", "remove", endpoint)[0] == 1
