"""Only one worker on a SQLite file: a second process is refused, and a dead one leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.db import Database
from app.core.errors import WorkerLocked
from app.core.lock import worker_lock

HOLD = """
import sys, time
from app.core.db import Database
from app.core.lock import worker_lock
with worker_lock(Database(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/reclaim.db"


@pytest.fixture
def holder(url: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_process_is_refused_and_told_who_works(url: str, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(WorkerLocked, match=f"process {holder.pid} "), worker_lock(Database(url)):
        pass


def test_a_killed_worker_frees_the_place(url: str, holder: subprocess.Popen[str]) -> None:
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    with worker_lock(Database(url)):
        assert Path(f"{Database(url).url.database}.worker").read_text() == str(os.getpid())


def test_the_place_is_free_after_the_work(url: str) -> None:
    for _ in range(2):
        with worker_lock(Database(url)):
            pass


def test_postgresql_and_memory_databases_need_no_lock() -> None:
    for free in ("postgresql+psycopg://nobody@nowhere/x", "sqlite://"):
        with worker_lock(Database(free)), worker_lock(Database(free)):
            pass
