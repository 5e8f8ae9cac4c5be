"""`python -m simulator`: compare policies; `honesty`: test the report; `leaving`: cancel pages;
`worlds`: draw the worlds anew."""

from __future__ import annotations

import typer
from rich.console import Console

from simulator import choosing, effect, honesty
from simulator.leaving import inviting, offering
from simulator.worlds import development, held_out

cli = typer.Typer(help=__doc__, no_args_is_help=False)
WIDE = 180


@cli.callback(invoke_without_command=True)
def compare(
    context: typer.Context,
    dev: bool = typer.Option(False, "--dev", help="On the worlds for development, to tune settings."),
) -> None:
    """Compare policies on the held-out worlds."""
    if context.invoked_subcommand is None:
        seeds, which = (development(), "development") if dev else (held_out(), "held-out")
        effect.show(Console(width=WIDE), seeds, which)


@cli.command("honesty")
def check_honesty(
    runs: int = typer.Option(honesty.RUNS, help="Businesses, each watched for three years."),
) -> None:
    """Whether the service's own report tells the truth."""
    honesty.show(Console(width=WIDE), runs)


@cli.command()
def worlds() -> None:
    """Draw worlds until enough fit the published figures, and store their seeds."""
    choosing.choose()


@cli.command()
def leaving() -> None:
    """Compare what the cancel page may offer, and what lapsed subscribers may be sent."""
    console = Console(width=WIDE)
    offering.show(console)
    inviting.show(console)


if __name__ == "__main__":
    cli()
