"""Who gets the monthly report. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Address = Annotated[str, Field(pattern=r"^[^\s@<>,;]+@[^\s@<>,;]+$", max_length=254)]


class ReportPolicy(BaseModel):
    """`[reports]`. `owner`: addresses; without one no report is sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    owner: list[Address] = Field([], max_length=20)
