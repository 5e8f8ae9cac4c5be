"""The inbound store: list, show, replay."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from app.bootstrap import build
from app.cli.clock import instant
from app.cli.output import iso, result, table
from app.core.errors import InvalidInput, NotFound
from app.inbound import repository as inbound
from app.inbound.states import InboundState

app = typer.Typer(no_args_is_help=True, help=__doc__)

Dead = Annotated[bool, typer.Option("--dead", help="only those that are dead")]
Type = Annotated[str | None, typer.Option("--type", help="only of this type")]
Since = Annotated[str | None, typer.Option("--since", help="only received since this instant")]


@app.command("list")
def list_(
    dead: Dead = False,
    event_type: Type = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
) -> None:
    """Stored events, newest first."""
    with build(make_secret=True).db.read() as session:
        found = inbound.listing(
            session,
            state=InboundState.DEAD if dead else None,
            type=event_type,
            since=instant(since) if since else None,
            limit=limit,
        )
    columns = ("id", "event", "type", "source", "state", "received", "tries", "duplicates", "error")
    rows = (
        (e.id, e.event_id, e.type, e.source, e.state, iso(e.received_at), e.attempts, e.duplicates, e.error)
        for e in found
    )
    table(columns, rows)


@app.command()
def show(event_id: Annotated[str, typer.Argument(help="our number or the provider's id")]) -> None:
    """One event with its body."""
    with build(make_secret=True).db.read() as session:
        event = inbound.get(session, int(event_id) if event_id.isdigit() else event_id)
    if event is None:
        raise NotFound(f"there is no event {event_id}")
    for name in ("id", "event_id", "type", "source", "state", "attempts", "duplicates", "error"):
        result(f"{name}: {getattr(event, name)}")
    result(f"received: {iso(event.received_at)}\ncreated: {iso(event.created_at)}\n")
    result(msgspec.json.format(event.body, indent=2).decode(errors="replace"))


@app.command()
def replay(
    ids: Annotated[list[str] | None, typer.Argument(help="our numbers or the provider's ids")] = None,
    dead: Dead = False,
    event_type: Type = None,
    since: Since = None,
) -> None:
    """Process events again; doing it twice has no second effect."""
    if not ids and not (dead or event_type or since):
        raise InvalidInput("name events, or --dead, --type or --since")
    application = build(make_secret=True)
    with application.db.write() as session:
        numbers: list[int] = []
        for event_id in ids or []:
            event = inbound.get(session, int(event_id) if event_id.isdigit() else event_id)
            if event is None:
                raise NotFound(f"there is no event {event_id}")
            numbers.append(event.id)
        count = inbound.replay(
            session,
            ids=numbers or None,
            state=InboundState.DEAD if dead else None,
            type=event_type,
            since=instant(since) if since else None,
            now=application.clock(),
        )
    result(f"{count} events will be processed again")
