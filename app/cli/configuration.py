"""The campaign file: check it, show what is in force."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from app import configuration
from app.cli.output import result, say
from app.settings import Settings

app = typer.Typer(no_args_is_help=True, help=__doc__)
File = Annotated[Path | None, typer.Argument(help="reclaim.toml; default RECLAIM_CONFIG, else the one here")]


@app.command()
def check(path: File = None) -> None:
    """Say every error with file, line and key."""
    chosen = path or Settings().config
    loaded = configuration.load(chosen)
    result(f"{chosen or 'reclaim.toml'}: no errors")
    if loaded.offers:
        say("what the offers would cost a month: reclaim offers cost")


@app.command()
def show(path: File = None) -> None:
    """What is in force, defaults included, as JSON."""
    loaded = configuration.load(path or Settings().config)
    result(json.dumps(loaded.model_dump(mode="json"), indent=2))
