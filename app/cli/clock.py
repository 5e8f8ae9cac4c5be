"""The test clock: show, set, advance, run."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from app.bootstrap import build
from app.cli.output import iso, result
from app.core.errors import InvalidInput
from app.core.lock import worker_lock

app = typer.Typer(no_args_is_help=True, help=__doc__)
UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def span(text: str) -> timedelta:
    """`3d`, `12h`, `1d12h`; raises InvalidInput."""
    parts = re.findall(r"(\d+)([dhms])", text)
    if not parts or "".join(n + u for n, u in parts) != text:
        raise InvalidInput(f"{text!r} is no length of time; write it like 3d, 12h or 1d12h")
    return timedelta(seconds=sum(int(n) * UNITS[u] for n, u in parts))


def instant(text: str) -> datetime:
    """An ISO instant; without a zone it is UTC. Raises InvalidInput."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is no instant; write it like 2026-03-01T10:00:00Z") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@app.command()
def show() -> None:
    """What time it is."""
    result(iso(build(make_secret=True).test_clock()))


@app.command("set")
def set_(at: Annotated[str, typer.Argument(help="an ISO instant")]) -> None:
    """Stand still at an instant; never back."""
    application = build(make_secret=True)
    application.test_clock.set(instant(at))
    result(iso(application.test_clock()))


@app.command()
def advance(
    by: Annotated[str, typer.Argument(help="a length like 3d or 12h")],
    tick: Annotated[bool, typer.Option("--tick", help="walk from due time to due time and run each")] = False,
) -> None:
    """Let time pass at once."""
    application = build(make_secret=True)
    clock = application.test_clock
    until = clock() + span(by)
    if tick:
        with worker_lock(application.db):
            done = application.runner.walk(clock.set, until)
            application.figures.refresh()
        result(", ".join(f"{name} {count}" for name, count in vars(done).items()))
    else:
        clock.set(until)
    result(iso(clock()))


@app.command()
def run() -> None:
    """Let it go on at real speed."""
    clock = build(make_secret=True).test_clock
    clock.set(clock(), run=True)
    result(iso(clock()))
