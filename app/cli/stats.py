"""The numbers of the dashboard."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from app.bootstrap import build
from app.cli.output import console, result
from app.stats.recovery import report
from app.stats.rules import EARLIEST, LATEST, By, Window
from app.stats.tables import Format, write

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.callback()
def about() -> None:
    """The numbers of the dashboard."""


@app.command()
def recovery(
    start: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="first day")] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="last day")] = None,
    by: Annotated[By, typer.Option(help="what to group by")] = By.MONTH,
    currency: Annotated[str | None, typer.Option(help="only this one")] = None,
    format_: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Failed payments: at risk, recovered, open, lost. Per currency, from all causes."""
    application = build(make_secret=True)
    window = Window(start.date() if start else EARLIEST, end.date() if end else LATEST)
    with application.db.read() as session:
        found = report(session, by, window, currency=currency, now=application.clock())
    shown = write(found, format_)
    if isinstance(shown, Table):
        console.print(shown)
    else:
        result(shown.rstrip("\n"))
