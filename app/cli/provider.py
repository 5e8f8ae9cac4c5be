"""The provider: doctor, reconcile, import."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from app.adoption import Candidate, History
from app.bootstrap import Application, build
from app.cli.clock import instant, span
from app.cli.output import console, iso, result, say, table
from app.core.errors import NotConfigured
from app.doctor import examine


def register(app: typer.Typer) -> None:
    app.command()(doctor)
    app.command()(reconcile)
    app.command("import")(import_)


def doctor() -> None:
    """Check everything that must be right; one line each, exit 1 on any failure."""
    failed = False
    for finding in examine(build(make_secret=True)):
        result(f"{finding.verdict:4}  {finding.subject}: {finding.told}")
        failed |= finding.verdict == "FAIL"
    raise typer.Exit(1 if failed else 0)


def reconcile() -> None:
    """Compare with the provider and mend: missed events, and events that were never made."""
    application = build(make_secret=True)
    _need_key(application)
    application.register()
    missed, drift = application.upkeep.backfill(), application.upkeep.reconcile()
    result(f"{missed} missed events stored, {drift} objects differed")


def import_(
    since: Annotated[str | None, typer.Option(help="only invoices made since this instant")] = None,
    adopt_open: Annotated[
        str | None, typer.Option("--adopt-open", help="open cases for failures of the last, say, 14d")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="list, write nothing")] = False,
) -> None:
    """First import of history. It mails nobody; open failures are adopted only with --adopt-open."""
    application = build(make_secret=True)
    _need_key(application)
    application.register()
    history = History.of(application)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:

        def count(noun: str) -> None:
            if noun not in tasks:
                tasks[noun] = progress.add_task(noun, total=None)
            progress.advance(tasks[noun])

        tasks: dict[str, TaskID] = {}
        if not dry_run:
            counts = history.read(since=instant(since) if since else None, step=count)
            result(", ".join(f"{n} {noun}" for noun, n in counts.items()))
    if adopt_open is not None:
        adopted = history.candidates(span(adopt_open))
        _list(adopted)
        if dry_run:
            say(f"{len(adopted)} cases would be opened; nothing was written")
        else:
            history.adopt(adopted)
            result(f"{len(adopted)} failures adopted")


def _list(adopted: list[Candidate]) -> None:
    columns = ("invoice", "customer", "failed", "class", "joins at mail", "which is due")
    rows = (
        (c.invoice_id, c.customer_id, iso(c.failed_at), c.category, c.joins_at or "none", iso(c.due_at))
        for c in adopted
    )
    table(columns, rows)


def _need_key(application: Application) -> None:
    if application.reads is None:
        raise NotConfigured("this needs the provider's key: RECLAIM_STRIPE_API_KEY")
