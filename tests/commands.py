"""`reclaim ...` as an operator types it, in this process: a new one would take a second to start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import event
from sqlalchemy.pool import Pool
from typer.testing import CliRunner

from app import cli
from app.core.db import Database


class Commands:
    """Runs commands over a database, from a folder of their own: `(exit code, stdout)`."""

    def __init__(self, database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(folder)
        url = database.url.render_as_string(hide_password=False)
        self.environment = {"RECLAIM_DATABASE_URL": url, "RECLAIM_SECRET_KEYS": "k" * 40}

    def __call__(self, *words: str, answer: str = "") -> tuple[int, str]:
        with as_a_process():
            done = CliRunner().invoke(cli.app, words, input=answer, env=self.environment)
        return done.exit_code, done.stdout


@contextmanager
def as_a_process() -> Iterator[None]:
    """Undo what the end of a process undoes: close what was connected to, log to where it was logged before."""
    opened: list[Any] = []
    logging = structlog.get_config()

    def note(raw: Any, _record: object) -> None:
        opened.append(raw)

    event.listen(Pool, "connect", note)
    try:
        yield
    finally:
        event.remove(Pool, "connect", note)
        structlog.configure(**logging)
        for raw in opened:
            raw.close()
