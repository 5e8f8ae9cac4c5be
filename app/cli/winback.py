"""Who is invited back: what the next daily look would decide."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from app.bootstrap import build
from app.cli.output import as_json, iso, say, table
from app.winback import planning
from app.winback.planning import Line

app = typer.Typer(no_args_is_help=True, help=__doc__)
COLUMNS = ("subscription", "customer", "kind", "ends_at", "invited", "reason", "why")


class Format(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"


@app.callback()
def winback() -> None:
    """Who is invited back, and who is not and why."""


@app.command()
def plan(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="said for clarity: this never writes; the worker enrols")
    ] = True,
    format: Annotated[Format, typer.Option(help="how the list is written")] = Format.TABLE,
) -> None:
    """Everybody who has lapsed: who would be enrolled today, and for everybody else the reason. Writes nothing."""
    application = build(make_secret=True)
    if not application.config.winback.enabled:
        say("reclaim: [winback] is switched off; this is what it would do")
    lines = list(planning.today(application.db, application.setup, now=application.clock()))
    _write(lines, format)
    invited = sum(line.reason is None for line in lines)
    say(f"reclaim: {invited} would be enrolled, {len(lines) - invited} are left out")


def _write(lines: Iterable[Line], format: Format) -> None:
    if format is Format.JSON:
        as_json([asdict(line) for line in lines])
        return
    rows = [_row(line) for line in lines]
    if format is Format.CSV:
        csv.writer(sys.stdout, lineterminator="\n").writerows([COLUMNS, *rows])
    else:
        table(COLUMNS, rows)


def _row(line: Line) -> tuple[str, ...]:
    invited = "yes" if line.reason is None else "no"
    return (
        line.subscription,
        line.customer,
        line.kind,
        iso(line.ends_at),
        invited,
        line.reason or "",
        line.why or "",
    )
