"""Reclaim as it runs in production: its web process over a migrated database, as a process of its own."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import select

from app.core.db import Database
from app.inbound.models import InboundEvent
from tests.schema import build_schema

START_SECONDS = 30
SECRET = "whsec_of_the_cli_run"


@dataclass(frozen=True)
class Receiver:
    """Where the web process takes deliveries, and the database that it writes them to."""

    url: str
    db: Database

    def stored(self, event_ids: set[str]) -> list[str]:
        """Types of those events that are in the table of received events, in order of arrival.

        The web process refuses what is not signed with `SECRET`, so what is here was signed.
        """
        with self.db.read() as session:
            found = select(InboundEvent.type).where(InboundEvent.event_id.in_(event_ids))
            return list(session.scalars(found.order_by(InboundEvent.id)))


@contextmanager
def running_receiver(folder: Path) -> Iterator[Receiver]:
    """Serve Reclaim's web half over a new database in `folder`; raises RuntimeError if it does not start."""
    url = f"sqlite:///{folder / 'reclaim.db'}"
    build_schema(url)
    port = _free_port()
    log = folder / "web.log"
    command = [sys.executable, "-m", "app", "web", "--port", str(port)]
    with log.open("wb") as output:
        web = subprocess.Popen(command, env=_environment(url, port), stdout=output, stderr=output)
    try:
        _wait_until_ready(web, f"http://127.0.0.1:{port}/healthz", log)
        db = Database(url)
        yield Receiver(f"http://127.0.0.1:{port}/webhooks/stripe", db)
        db.dispose()
    finally:
        web.terminate()
        web.wait(10)


def _environment(database_url: str, port: int) -> dict[str, str]:
    """Nothing of the caller's own settings gets through."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("RECLAIM_")}
    return inherited | {
        "RECLAIM_DATABASE_URL": database_url,
        "RECLAIM_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "RECLAIM_SECRET_KEYS": secrets.token_urlsafe(32),
        "RECLAIM_STRIPE_WEBHOOK_SECRETS": SECRET,
        "RECLAIM_LOG_LEVEL": "warning",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(web: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    with httpx.Client(trust_env=False) as client:
        while time.monotonic() < end and web.poll() is None:
            try:
                if client.get(url).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
    raise RuntimeError(f"the web process did not start: {log.read_text()}")
