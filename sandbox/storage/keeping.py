"""Writing what has changed, at most once a second, in one transaction; and reading it back at a start."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Hashable
from pathlib import Path

from sandbox.state import State
from sandbox.storage.reading import fill
from sandbox.storage.tables import TABLES, Key, Values, rows_of

SECONDS = 1.0
# A thread that still sends at the end gets this long to write down how it went.
LAST_SENDING_SECONDS = 5.0


class Keeper:
    """One state in one file. `start` begins the writing in the background, `close` writes a last time.

    What is written is found by comparing: every row's mark is held against the mark of what the file has.
    That costs a pass over the state, but nothing in the sandbox has to say what it changes.
    """

    def __init__(self, state: State, path: Path) -> None:
        self._state = state
        self._file = sqlite3.connect(path, check_same_thread=False)
        self._file.execute("pragma journal_mode = wal")
        self._file.execute("pragma synchronous = normal")
        for table, (keys, values) in TABLES.items():
            columns = ", ".join([*keys, *values, "position integer not null"])
            self._file.execute(
                f"create table if not exists {table} ({columns}, primary key ({', '.join(keys)}))"
            )
        self._known: dict[str, dict[Key, Hashable]] = {table: {} for table in TABLES}
        self._position = 0
        self._written: tuple[int, ...] = ()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="sandbox-keeper")

    def load(self) -> bool:
        """Fill the state from the file; False where the file is new."""
        rows: list[tuple[str, Key, Values]] = []
        for table, (keys, values) in TABLES.items():
            columns = ", ".join([*keys, *values])
            for row in self._file.execute(f"select {columns} from {table} order by position"):
                rows.append((table, row[: len(keys)], row[len(keys) :]))
        if not rows:
            return False
        fill(self._state, rows)
        for row in rows_of(self._state):
            self._known[row.table][row.key] = row.mark
        last = [self._file.execute(f"select max(position) from {table}").fetchone()[0] for table in TABLES]
        self._position = max(position or 0 for position in last)
        return True

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping.wait(SECONDS):
            self.save()

    def save(self) -> None:
        """Write what has changed since the last time; nothing where nothing happened meanwhile."""
        state = self._state
        with state.lock:
            stamp = (state.changes, state.identifiers.drawn, state.main.now)
            if stamp == self._written:
                return
            changed, gone = self._compare()
        with self._file:
            for table, rows in changed.items():
                keys, values = TABLES[table]
                self._file.executemany(_upsert(table, keys, values), rows)
            for table, dead in gone.items():
                where = " and ".join(f"{name} = ?" for name in TABLES[table][0])
                self._file.executemany(f"delete from {table} where {where}", dead)
        self._written = stamp

    def _compare(self) -> tuple[dict[str, list[tuple[object, ...]]], dict[str, list[Key]]]:
        """Rows to write and keys to delete, by table; from here on they count as written."""
        changed: dict[str, list[tuple[object, ...]]] = {table: [] for table in TABLES}
        seen: dict[str, dict[Key, Hashable]] = {table: {} for table in TABLES}
        for row in rows_of(self._state):
            seen[row.table][row.key] = row.mark
            known = self._known[row.table]
            if row.key not in known or known[row.key] != row.mark:
                self._position += 1
                changed[row.table].append((*row.key, *row.make(), self._position))
        gone = {table: [key for key in self._known[table] if key not in seen[table]] for table in TABLES}
        self._known = seen
        return changed, gone

    def close(self) -> None:
        """Let a delivery under way end, then write a last time."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        sent = self._state.sending.acquire(timeout=LAST_SENDING_SECONDS)
        try:
            self.save()
        finally:
            if sent:
                self._state.sending.release()
            self._file.close()


def _upsert(table: str, keys: Key, values: tuple[str, ...]) -> str:
    """A row keeps the position it was created with."""
    columns = [*keys, *values, "position"]
    updates = ", ".join(f"{name} = excluded.{name}" for name in values)
    marks = ", ".join("?" for _ in columns)
    return (
        f"insert into {table} ({', '.join(columns)}) values ({marks})"
        f" on conflict ({', '.join(keys)}) do update set {updates}"
    )
