"""SQLite allows one worker process: a lock file beside the database says which."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.core.db import Database
from app.core.errors import WorkerLocked


@contextmanager
def worker_lock(db: Database) -> Iterator[None]:
    """Hold the worker's place; raises WorkerLocked, naming the holder, if another process has it.

    The system frees the lock with the process, however it ends. PostgreSQL needs none: many may work.
    """
    if not db.is_sqlite or not db.url.database:
        yield
        return
    path = Path(f"{db.url.database}.worker")
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise WorkerLocked(
                f"process {holder} already works on {db.url.database}; SQLite allows one, PostgreSQL many"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
