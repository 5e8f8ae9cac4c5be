"""API keys: add, list, revoke."""

from __future__ import annotations

from typing import Annotated

import typer

from app.bootstrap import build
from app.cli.output import iso, result, say, table
from app.core import auth
from app.core.auth import Scope

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="whose key it is")],
    scope: Annotated[Scope, typer.Option(help="what it may do")] = Scope.READ,
) -> None:
    """Make a key; it is shown this once."""
    application = build(make_secret=True)
    with application.db.write() as session:
        secret = auth.add_key(session, name, scope, now=application.clock())
    say("keep it: it cannot be shown again")
    result(secret)


@app.command("list")
def list_() -> None:
    """Every key, without its secret."""
    with build(make_secret=True).db.read() as session:
        rows = [(k.name, k.scope, iso(k.created_at), iso(k.revoked_at)) for k in auth.keys(session)]
    table(("name", "scope", "made", "revoked"), rows)


@app.command()
def revoke(name: Annotated[str, typer.Argument(help="whose key it is")]) -> None:
    """Let a key work no more."""
    application = build(make_secret=True)
    with application.db.write() as session:
        auth.revoke_key(session, name, now=application.clock())
    result(f"{name} is revoked")
