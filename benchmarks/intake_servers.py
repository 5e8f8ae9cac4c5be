"""One server process of the intake benchmark: `python -m benchmarks.intake_servers NAME PORT DATABASE`."""

from __future__ import annotations

import gc
import sys
from typing import Any

import uvicorn

from benchmarks import intake_references as references
from benchmarks.intake_bodies import SECRET


def ours(database_url: str) -> Any:
    """IntakeApp in front of an empty FastAPI application, as the service runs it."""
    from fastapi import FastAPI

    from app.core.clock import real_now
    from app.inbound.router import IntakeApp
    from app.integrations.stripe.door import stripe_door

    doors = [stripe_door([SECRET], expected_livemode=False)]
    return IntakeApp(FastAPI(), doors, database_url=database_url, clock=real_now)


SERVERS = {
    "verify only": lambda _: references.verify_only(),
    "same columns": references.group_commit,
    "three columns": references.three_columns,
    "insert a request": references.sqlite_insert,
    "ours": ours,
}


def main(name: str, port: int, database: str) -> None:
    app = SERVERS[name](database)
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="error",
        timeout_keep_alive=120,  # at 40 a second some of the generator's connections rest for long
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
