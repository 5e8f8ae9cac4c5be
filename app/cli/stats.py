"""The numbers of the dashboard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Group
from rich.table import Table

from app.bootstrap import build
from app.cli.output import as_json, console, result, table
from app.expiring.report import report as expiring_report
from app.stats import cancellations as cancellations_
from app.stats import cancellations_tables, mail, mail_tables, offers_tables
from app.stats import offers as offers_
from app.stats.cancellations_rules import CancelBy
from app.stats.mail import MailBy
from app.stats.offers_rules import OfferBy
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
    _show(write(found, format_))


@app.command("mail")
def mail_(
    start: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="first day")] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="last day")] = None,
    by: Annotated[MailBy, typer.Option(help="what to group by")] = MailBy.BOTH,
    format_: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Mails: sent, failed, unknown, bounced, complained about, unsubscribed from."""
    application = build(make_secret=True)
    window = Window(start.date() if start else EARLIEST, end.date() if end else LATEST)
    with application.db.read() as session:
        found = mail.report(session, by, window, now=application.clock())
    _show(mail_tables.write(found, format_))


@app.command()
def cancellations(
    start: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="first day")] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="last day")] = None,
    by: Annotated[CancelBy, typer.Option(help="what to group by")] = CancelBy.MONTH,
    currency: Annotated[str | None, typer.Option(help="only who pays in this one")] = None,
    format_: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Who wanted to leave: saved, cancelled, undone, abandoned; and who was still there later."""
    application = build(make_secret=True)
    window = Window(start.date() if start else EARLIEST, end.date() if end else LATEST)
    with application.db.read() as session:
        found = cancellations_.report(session, by, window, currency=currency, now=application.clock())
    _show(cancellations_tables.write(found, format_))


@app.command()
def offers(
    start: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="first day")] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="last day")] = None,
    by: Annotated[OfferBy, typer.Option(help="what to group by")] = OfferBy.OFFER,
    currency: Annotated[str | None, typer.Option(help="only this one")] = None,
    format_: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Offers: shown, accepted, applied, kept; what was received and what they cost, against the hold-out."""
    application = build(make_secret=True)
    window = Window(start.date() if start else EARLIEST, end.date() if end else LATEST)
    with application.db.read() as session:
        found = offers_.report(session, by, window, currency=currency, now=application.clock())
    _show(offers_tables.write(found, format_))


def _show(shown: str | Table | Group) -> None:
    if isinstance(shown, str):
        result(shown.rstrip("\n"))
    else:
        console.print(shown)


@app.command()
def expiring(
    start: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="first day")] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="last day")] = None,
    format_: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """Cards about to expire: what a plain rule would have sent, what went out, and why the rest did not."""
    first, last = start or datetime(1970, 1, 1), end or datetime(9998, 12, 31)  # noqa: DTZ001 - days, made UTC below
    with build(make_secret=True).db.read() as session:
        found = expiring_report(
            session, first.replace(tzinfo=UTC), last.replace(tzinfo=UTC) + timedelta(days=1)
        )
    if format_ is Format.JSON:
        as_json(vars(found))
    elif format_ is Format.CSV:
        result("\n".join(f'"{what}",{count}' for what, count in found.lines()))
    else:
        table(("notices", "count"), found.lines())
