"""What every report of the API is asked with, and a report as a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Response
from pydantic import AfterValidator

from app.ops.schemas import problems
from app.stats.rules import EARLIEST, LATEST, Window

Currency = Annotated[
    str,
    Query(pattern=r"^[A-Za-z]{3}$", description="three letters, such as usd"),
    AfterValidator(str.lower),  # as it is stored
]
Format = Annotated[Literal["json", "csv"], Query()]
ANSWERS: dict[int | str, dict[str, Any]] = {
    **problems(422),
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The days that are asked for, and in which shape."""

    window: Window
    csv: bool


def asked(
    first: Annotated[date | None, Query(alias="from", description="first day, UTC")] = None,
    last: Annotated[date | None, Query(alias="to", description="last day, included, UTC")] = None,
    format: Format = "json",
) -> Asked:
    """Raises InvalidInput where the first day is later than the last."""
    return Asked(Window(first or EARLIEST, last or LATEST), format == "csv")


Question = Annotated[Asked, Depends(asked)]


def csv_answer(name: str, text: str) -> Response:
    """A report as a file of its own."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)
