"""What a person may ask for: everything held about them, and to be forgotten; and what the law has us keep."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from app.bootstrap import build
from app.cli.output import iso, result, say
from app.core.errors import InvalidInput
from app.core.text import clean_line
from app.privacy import export as exporting
from app.privacy import restricted as restricting
from app.privacy import service

WHO = "command line"
WHY_LIMIT = 300

app = typer.Typer(no_args_is_help=True, help=__doc__)
CustomerId = Annotated[str, typer.Argument(help="the provider's customer id, cus_...")]


@app.command()
def export(
    customer_id: CustomerId,
    out: Annotated[Path | None, typer.Option(help="write to this file, for its owner's eyes only")] = None,
) -> None:
    """Everything held about a customer, as JSON."""
    application = build(make_secret=True)
    told = exporting.export(application.db, application.clock, customer_id)
    text = json.dumps(told, indent=2, ensure_ascii=False)
    if out is None:
        result(text)
        return
    try:
        out.touch(mode=0o600)
        out.write_text(text + "\n", "utf-8")
    except OSError as error:
        raise InvalidInput(f"{out}: cannot be written: {error.strerror}") from error
    say(f"reclaim: everything held about {customer_id} is in {out}")


@app.command()
def erase(
    customer_id: CustomerId,
    why: Annotated[str | None, typer.Option(help="kept with the act; name nobody")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Forget a customer for good: amounts stay under a pseudonym, and nothing is ever sent to them again."""
    application = build(make_secret=True)
    if not yes:
        typer.confirm(f"Forget {customer_id} for good? There is no way back", abort=True, err=True)
    said = clean_line(why, WHY_LIMIT) if why else None
    done = service.erase(
        application.db, customer_id, vault=application.vault, who=WHO, why=said, now=application.clock()
    )
    if done.again:
        result(f"nothing to do: erased before, at {iso(done.at)}")
        return
    result(f"erased: {sum(done.rows.values())} rows; figures go on under {done.pseudonym}")


@app.command()
def restricted(
    why: Annotated[str, typer.Option(help="what it is needed for; kept with the act: name nobody")],
    customer_id: Annotated[str | None, typer.Option("--customer", help="the provider's id, cus_...")] = None,
    address: Annotated[str | None, typer.Option(help="or the mail address")] = None,
) -> None:
    """What the law has us keep of somebody who was erased, as JSON. The reading is an act."""
    application = build(make_secret=True)
    found = restricting.read(
        application.db,
        application.vault,
        customer_id=customer_id,
        address=address,
        who=WHO,
        why=why,
        now=application.clock(),
    )
    told = [
        {
            "id": record.id,
            "kind": record.kind,
            "made_at": iso(record.made_at),
            "keep_until": iso(record.keep_until),
            "content": record.content,
        }
        for record in found
    ]
    result(json.dumps(told, indent=2, ensure_ascii=False))
