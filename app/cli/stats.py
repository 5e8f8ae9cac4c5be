"""The numbers of the dashboard."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Group
from rich.table import Table

from app.bootstrap import build
from app.cli.output import as_json, console, result, table
from app.cli.rebuilding import rebuild
from app.proof import of_winback
from app.proof import reading as proofs
from app.proof import tables as proof_tables
from app.stats import cancellations as cancellations_
from app.stats import (
    cancellations_tables,
    mail,
    mail_tables,
    offers_tables,
    renewals,
    renewals_tables,
    retention,
    retention_tables,
    winback,
)
from app.stats import expiring as expiring_
from app.stats import offers as offers_
from app.stats.cancellations_rules import CancelBy
from app.stats.mail import MailBy
from app.stats.offers_rules import OfferBy
from app.stats.recovery import report
from app.stats.renewals_rules import RenewalBy
from app.stats.retention_rules import RetentionBy
from app.stats.rules import EARLIEST, LATEST, By, Window
from app.stats.tables import Format, write
from app.stats.winback_rules import WinbackBy

app = typer.Typer(no_args_is_help=True, help=__doc__)
app.command()(rebuild)


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


@app.command()
def proof(
    currency: Annotated[str | None, typer.Option(help="only this one")] = None,
    format_: Annotated[Format, typer.Option("--format")] = Format.TABLE,
) -> None:
    """What was collected beyond what would have come anyway, with its interval and verdict; guardrails."""
    application = build(make_secret=True)
    with application.db.read() as session:
        found = proofs.latest(session, currency)
    _show(proof_tables.write(found, format_, application.clock(), currency))


FirstDay = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="first day")]
LastDay = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="last day")]
Currency = Annotated[str | None, typer.Option(help="only this one")]
Shape = Annotated[Format, typer.Option("--format")]


@app.command("retention")
def retention_(
    start: FirstDay = None,
    end: LastDay = None,
    by: Annotated[RetentionBy, typer.Option(help="what to group by")] = RetentionBy.MONTH,
    currency: Currency = None,
    format_: Shape = Format.TABLE,
) -> None:
    """Of the customers at the start, who is still there: retention, churn, cohorts, attrition."""
    application = build(make_secret=True)
    with application.db.read() as session:
        found = retention.report(session, by, _window(start, end), currency=currency, now=application.clock())
    _show(retention_tables.write(found, format_))


@app.command("renewals")
def renewals_(
    start: FirstDay = None,
    end: LastDay = None,
    by: Annotated[RenewalBy, typer.Option(help="what to group by")] = RenewalBy.MONTH,
    currency: Currency = None,
    format_: Shape = Format.TABLE,
) -> None:
    """Terms that ended: renewed, pending, waived, cancelled, not paid; monthly and yearly ones apart."""
    application = build(make_secret=True)
    with application.db.read() as session:
        found = renewals.report(session, by, _window(start, end), currency=currency, now=application.clock())
    _show(renewals_tables.write(found, format_))


@app.command("winback")
def winback_(
    start: FirstDay = None,
    end: LastDay = None,
    by: Annotated[WinbackBy, typer.Option(help="what to group by")] = WinbackBy.MONTH,
    currency: Currency = None,
    format_: Shape = Format.TABLE,
) -> None:
    """Subscriptions that ended: invited, held out, returned and by which way, natural returns, second life."""
    application = build(make_secret=True)
    with application.db.read() as session:
        found = winback.report(session, by, _window(start, end), currency=currency, now=application.clock())
        looks = of_winback.looks(session, currency)
    _show(of_winback.write(found, looks, format_))


def _window(start: datetime | None, end: datetime | None) -> Window:
    return Window(start.date() if start else EARLIEST, end.date() if end else LATEST)


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
    with build(make_secret=True).db.read() as session:
        found = expiring_.report(session, _window(start, end))
    if format_ is Format.JSON:
        as_json(vars(found))
    elif format_ is Format.CSV:
        result("\n".join(f'"{what}",{count}' for what, count in found.lines()))
    else:
        table(("notices", "count"), found.lines())
