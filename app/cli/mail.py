"""Mails: what would be sent, and what was."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy import select

from app.bootstrap import build
from app.cli.output import iso, result, table
from app.core.errors import NotFound
from app.feedback import brake
from app.outbox.models import Mail
from app.outbox.rendering.samples import SAMPLES

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def preview(
    name: Annotated[str, typer.Argument(help="a mail's name; `list` names them")],
    locale: Annotated[str | None, typer.Option(help="de, en-GB ...")] = None,
    case: Annotated[str | None, typer.Option(help="with the words of this case's last such mail")] = None,
    html: Annotated[bool, typer.Option("--html", help="the HTML part")] = False,
) -> None:
    """A mail as it would leave."""
    application = build(make_secret=True)
    renderer = application.renderer
    if name not in renderer.names():
        raise NotFound(f"there is no mail {name}; there are {', '.join(renderer.names())}")
    if case is not None:
        with application.db.read() as session:
            query = (
                select(Mail.context)
                .where(Mail.case_id == case, Mail.name == name)
                .order_by(Mail.created_at.desc())
            )
            context = session.scalar(query.limit(1))
        if context is None:
            raise NotFound(f"{case} has no mail {name}")
    else:
        context = dict(SAMPLES[name].context)
    rendered = renderer.render(name, locale=locale, context=context)
    result(rendered.html if html else f"Subject: {rendered.subject}\n\n{rendered.text}")


@app.command("list")
def list_(limit: Annotated[int, typer.Option(min=1, max=1000)] = 50) -> None:
    """Mails, newest first."""
    with build(make_secret=True).db.read() as session:
        query = select(Mail).order_by(Mail.created_at.desc(), Mail.id.desc()).limit(limit)
        rows = [
            (m.id, m.name, m.state, iso(m.settled_at), m.case_id, m.subject, m.error)
            for m in session.scalars(query)
        ]
    table(("mail", "name", "state", "settled", "case", "subject", "why"), rows)


@app.command()
def resume(
    campaign: Annotated[str, typer.Argument(help="dunning, expiring_card ...")],
    why: Annotated[str, typer.Option(help="what was found and mended; kept with the act")],
) -> None:
    """Let a campaign go on that was stopped for too many complaints."""
    application = build(make_secret=True)
    with application.db.write() as session:
        brake.resume(session, campaign, who="command line", why=why, now=application.clock())
    result(f"{campaign} goes on; mails that waited leave within half an hour")


@app.command()
def show(mail_id: Annotated[str, typer.Argument(help="mail_...")]) -> None:
    """One mail, to the byte."""
    with build(make_secret=True).db.read() as session:
        mail = session.get(Mail, mail_id)
    if mail is None:
        raise NotFound(f"there is no mail {mail_id}")
    for name in ("id", "name", "state", "purpose", "case_id", "attempts", "error", "provider_id"):
        result(f"{name}: {getattr(mail, name)}")
    result(f"created: {iso(mail.created_at)}\nsettled: {iso(mail.settled_at)}\n")
    result((mail.raw or b"").decode("utf-8", errors="replace"))
