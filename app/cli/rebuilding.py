"""`reclaim stats rebuild`: the roll-ups of the figures, made anew from the rows."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from app.bootstrap import build
from app.cli.output import console, say


def rebuild(
    report: Annotated[str | None, typer.Option(help="only this one; default: all")] = None,
) -> None:
    """Compute the figures of every day anew from the rows. The dashboard goes on meanwhile."""
    keeper = build(make_secret=True).figures
    wanted = [r for r in keeper.reports if report in (None, r.name)]
    if not wanted:
        raise typer.BadParameter(f"one of {', '.join(r.name for r in keeper.reports)}", param_hint="--report")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        for rollup in wanted:
            task = progress.add_task(rollup.name, total=None)
            keeper.rebuild(rollup, partial(_show, progress, task))
    say(f"rebuilt: {', '.join(r.name for r in wanted)}")


def _show(progress: Progress, task: TaskID, done: int, total: int) -> None:
    progress.update(task, completed=done, total=total)
