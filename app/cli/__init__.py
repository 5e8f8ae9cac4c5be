"""`reclaim ...`: every command. Exits 0 done, 1 failed, 2 wrong use; results on stdout, messages on stderr."""

from __future__ import annotations

import sys

import typer
from pydantic import ValidationError

from app.cli import (
    cases,
    clock,
    configuration,
    contacts,
    events,
    hooks,
    keys,
    mail,
    offers,
    person,
    provider,
    run,
    stats,
    winback,
)
from app.core.errors import ReclaimError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
for part in (run, provider):
    part.register(app)
app.add_typer(clock.app, name="clock")
app.add_typer(events.app, name="events")
app.add_typer(cases.app, name="cases")
app.add_typer(mail.app, name="mail")
app.add_typer(contacts.app, name="contacts")
app.add_typer(person.app, name="person")
app.add_typer(offers.app, name="offers")
app.add_typer(stats.app, name="stats")
app.add_typer(configuration.app, name="config")
app.add_typer(hooks.app, name="hooks")
app.add_typer(keys.app, name="keys")
app.add_typer(winback.app, name="winback")


def main() -> None:
    """The console script."""
    try:
        app()
    except ReclaimError as error:
        print(f"reclaim: {error}", file=sys.stderr)
        sys.exit(1)
    except ValidationError as error:
        for fault in error.errors():
            name = "_".join(str(part) for part in fault["loc"]).upper()
            print(f"reclaim: RECLAIM_{name}: {fault['msg']}", file=sys.stderr)
        sys.exit(1)
