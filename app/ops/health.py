"""Whether this process lives, and whether it is fit to be sent requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

from alembic.script import ScriptDirectory
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import text

from app.core.clock import real_now
from app.core.db import Database
from app.ops.ports import At

router = APIRouter(tags=["health"])

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
PATIENCE_SECONDS = 1.0
LARGEST_SKEW = timedelta(seconds=5)
_threads: dict[asyncio.AbstractEventLoop, CapacityLimiter] = {}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be so. `detail` is for the operator and names no secret."""

    name: str
    ok: bool
    detail: str


@cache
def head_revision() -> str | None:
    """The schema that this program was written for."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def database_checks(db: Database, head: Callable[[], str | None] = head_revision) -> list[Check]:
    """Ask the database for its schema and its time; raises whatever the driver raises."""
    before = real_now()
    theirs = db.now()
    # Half of the way there and back: a slow answer is not a wrong clock.
    skew = abs(theirs - (before + (real_now() - before) / 2))
    with db.read() as session:
        found = session.scalar(text("select version_num from alembic_version"))
    expected = head()
    return [
        Check("database", True, "answers"),
        Check("schema", found == expected, f"at {found}, this program needs {expected}"),
        Check("clock", skew <= LARGEST_SKEW, f"differs from the database's by {skew.total_seconds():.1f} s"),
    ]


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The event loop of this process turns."""
    return {"status": "ok"}


@router.get("/readyz", responses={503: {"description": "Not fit for requests; the body says why"}})
async def readyz(at: At) -> JSONResponse:
    """Database, schema and clock are as they must be."""
    checks = await _within_patience(at.db)
    ready = all(c.ok for c in checks)
    body = {
        "status": "ready" if ready else "not ready",
        "checks": {c.name: {"ok": c.ok, "detail": c.detail} for c in checks},
    }
    return JSONResponse(body, 200 if ready else 503, headers={"Cache-Control": "no-store"})


async def _within_patience(db: Database) -> list[Check]:
    # Threads of its own: a full house must not look like a dead database, and a hanging one is left behind.
    limiter = _threads.setdefault(asyncio.get_running_loop(), CapacityLimiter(4))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await to_thread.run_sync(database_checks, db, abandon_on_cancel=True, limiter=limiter)
    except TimeoutError:
        return [Check("database", False, f"no answer within {PATIENCE_SECONDS:g} s")]
    except Exception as error:  # whatever the driver raises, the answer is the same: not ready
        return [Check("database", False, type(error).__name__)]
