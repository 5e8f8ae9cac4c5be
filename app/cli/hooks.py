"""Signed webhooks to your own systems: who is told what, and what became of it."""

from __future__ import annotations

from typing import Annotated

import typer

from app.bootstrap import Application, build
from app.cli.output import iso, result, say, table
from app.hooks import repository
from app.hooks.states import HookState, HookType

WHO = "command line"

app = typer.Typer(no_args_is_help=True, help=__doc__)
EndpointId = Annotated[str, typer.Argument(help="hook_...")]


def _application() -> Application:
    application = build(make_secret=True)
    application.register()
    return application


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="https://...")],
    event: Annotated[list[HookType] | None, typer.Option(help="only this type; may be repeated")] = None,
) -> None:
    """Tell this address; prints its id and the secret to verify with, which is shown this once."""
    endpoint, secret = _application().hook_desk.add(url, event or [], who=WHO)
    say("keep the secret: it cannot be shown again. Then: reclaim hooks test " + endpoint.id)
    result(endpoint.id)
    result(secret)


@app.command("list")
def list_() -> None:
    """Every endpoint, without its secret."""
    with _application().db.read() as session:
        found = repository.endpoints(session)
    columns = ("id", "url", "events", "state", "tested", "acknowledged", "failures")
    table(
        columns,
        (
            (
                e.id,
                e.url,
                " ".join(e.events) or "all",
                "enabled" if e.enabled else f"disabled: {e.disabled_reason}",
                iso(e.tested_at),
                iso(e.acknowledged_at),
                e.failures,
            )
            for e in found
        ),
    )


@app.command()
def remove(endpoint_id: EndpointId) -> None:
    """Tell it nothing more; what waits for it is dropped."""
    _application().hook_desk.remove(endpoint_id, who=WHO)
    result(f"{endpoint_id} is told nothing more")


@app.command()
def enable(endpoint_id: EndpointId) -> None:
    """Tell it again after it was given up; what it missed is not made up for."""
    _application().hook_desk.enable(endpoint_id, who=WHO)
    result(f"{endpoint_id} is told again")


@app.command()
def rotate(endpoint_id: EndpointId) -> None:
    """A new secret, printed this once; for 24 hours the old one signs along."""
    secret = _application().hook_desk.rotate(endpoint_id, who=WHO)
    say("keep the secret: it cannot be shown again. The old one signs along for 24 hours")
    result(secret)


@app.command()
def test(endpoint_id: EndpointId) -> None:
    """Send a ping and wait for the answer; exits 1 unless it is 2xx."""
    message = _application().hook_desk.test(endpoint_id, who=WHO)
    if message.state == HookState.SENT:
        result(f"acknowledged with {message.status}")
        return
    say(f"reclaim: {message.state}: {message.error or 'everything is paused'}")
    raise typer.Exit(1)


@app.command()
def messages(
    endpoint: Annotated[str | None, typer.Option(help="only to this endpoint")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
) -> None:
    """What was told, newest first."""
    with _application().db.read() as session:
        found = repository.messages(session, endpoint_id=endpoint, limit=limit)
    columns = ("id", "endpoint", "type", "customer", "state", "tries", "answer", "due", "settled", "error")
    table(
        columns,
        (
            (
                m.id,
                m.endpoint_id,
                m.type,
                m.customer_id,
                m.state,
                m.attempts,
                m.status,
                iso(m.due_at),
                iso(m.settled_at),
                m.error,
            )
            for m in found
        ),
    )
