"""Who may be written to: old suppressions and consents, and what a person decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from app.bootstrap import Application, build
from app.cli.output import console, iso, result, say
from app.contacts import by_hand, importing, service
from app.contacts.importing import Counts, Entry, Refused
from app.contacts.states import SuppressionScope
from app.core import acts
from app.core.errors import InvalidInput
from app.privacy import door

BATCH = 500
WHO = "command line"
Address = Annotated[str, typer.Argument(help="a mail address; it is kept as a hash only")]
Reason = Annotated[str, typer.Option(help="why; kept with the act, so name nobody")]

app = typer.Typer(no_args_is_help=True, help=__doc__)


class _DryRun(Exception):
    """Undo what a dry run has done."""


@app.callback()
def contacts() -> None:
    """Who may be written to: old suppressions and consents, and what a person decides."""


@app.command("import")
def import_(
    file: Annotated[Path | None, typer.Argument(help="CSV with a header; see docs/contacts.md")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check and count, write nothing")] = False,
    none: Annotated[bool, typer.Option("--none", help="state that there are no old suppressions")] = False,
) -> None:
    """Take over old suppressions and consents. No marketing mail leaves before this, or before --none."""
    if none == (file is not None):
        say("reclaim: give a file, or --none if there are no old suppressions")
        raise typer.Exit(2)
    application = build(make_secret=True)
    application.register()
    if file is None:
        _declare(application, dry_run=dry_run)
        return
    counts, refused = _import(application, file, dry_run=dry_run)
    would = "would be " if dry_run else ""
    result(
        f"{counts.suppressions} suppressions and {counts.consents} consents {would}added, "
        f"{counts.known} known before, {refused} lines refused"
    )
    if refused:
        say("reclaim: mend the refused lines and import the file again: what is in is not added twice")
        raise typer.Exit(1)


def _declare(application: Application, *, dry_run: bool) -> None:
    now = application.clock()
    if not dry_run:
        with application.db.write() as session:
            service.declare_suppressions(session, now=now)
            acts.record(session, "contacts.none", who=WHO, now=now)
    result("noted: there are no old suppressions")


def _import(application: Application, file: Path, *, dry_run: bool) -> tuple[Counts, int]:
    now, counts, refused, suppressions = application.clock(), Counts(), 0, 0
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    with Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal
    ) as progress:
        bar = progress.add_task(file.name, total=_size(file))
        rows = importing.read(_lines(file, lambda size: progress.advance(bar, size)), now=now)
        while batch := list(islice(rows, BATCH)):
            for bad in (r for r in batch if isinstance(r, Refused)):
                refused += 1
                result(f"line {bad.line}: {bad.why}")
            good = [r for r in batch if isinstance(r, Entry)]
            good, erased = _known_to_be_erased(application, good)
            for bad in erased:
                refused += 1
                result(f"line {bad.line}: {bad.why}")
            suppressions += sum(e.suppression is not None for e in good)
            _store(application, good, counts, dry_run=dry_run)
    if not dry_run:
        with application.db.write() as session:
            if suppressions and not refused:
                service.declare_suppressions(session, now=now)
            after = {"suppressions": counts.suppressions, "consents": counts.consents, "refused": refused}
            acts.record(session, "contacts.import", who=WHO, why=file.name, after=after, now=now)
    return counts, refused


def _known_to_be_erased(application: Application, entries: list[Entry]) -> tuple[list[Entry], list[Refused]]:
    """Lines of customers who were erased bring nothing of them back."""
    with application.db.read() as session:
        erased = door.erased_among(session, {e.customer_id for e in entries if e.customer_id})
    why = "customer_id: this customer was erased; leave the column empty to import the address alone"
    refused = [Refused(e.line, why) for e in entries if e.customer_id in erased]
    return [e for e in entries if e.customer_id not in erased], refused


def _store(application: Application, good: list[Entry], counts: Counts, *, dry_run: bool) -> None:
    try:
        with application.db.write() as session:
            importing.store(session, good, counts, now=application.clock())
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError as error:
        raise InvalidInput(f"{file}: cannot be read: {error.strerror}") from error


def _lines(file: Path, read: Callable[[int], None]) -> Iterator[str]:
    """The file's lines; `read` hears how many bytes each was."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as source:
            for line in source:
                read(len(line.encode()))
                yield line.replace("\0", "")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file}: cannot be read as UTF-8 text: {error}") from error


@app.command()
def suppress(
    address: Address,
    scope: Annotated[SuppressionScope, typer.Option(help="what must not be sent to it")],
    reason: Reason,
    days: Annotated[
        int | None, typer.Option(min=1, max=by_hand.LONGEST_DAYS, help="for so long; else for good")
    ] = None,
) -> None:
    """Nothing goes to an address any more."""
    application = build(make_secret=True)
    with application.db.write() as session:
        row = by_hand.suppress(
            session, address, scope, who=WHO, why=reason, days=days, now=application.clock()
        )
    result(f"suppressed: {row.scope}" + (f" until {iso(row.expires_at)}" if row.expires_at else ""))


@app.command()
def lift(
    address: Address,
    reason: Reason,
    force: Annotated[
        bool, typer.Option("--force", help="also what the person has said: a complaint, an unsubscription")
    ] = False,
) -> None:
    """An address may be written to again. Where the person wants mail again, record a consent instead."""
    application = build(make_secret=True)
    with application.db.write() as session:
        rows = by_hand.lift(session, address, who=WHO, why=reason, force=force, now=application.clock())
    result("lifted: " + ", ".join(f"{row.scope} ({row.reason})" for row in rows))
