"""Shapes that all answers of the API share: money, instants, lists, problems."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field, PlainSerializer, StringConstraints, WithJsonSchema

from app.stats.tables import instant

Instant = Annotated[
    datetime,
    PlainSerializer(lambda at: instant(at.astimezone(UTC)), return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-21T09:00:00Z"]}),
]
"""A time, RFC 3339 in UTC, to the second."""


Key = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f]+$")]
"""An id as given: one line, so that it can be asked for on every database."""


class MoneyOut(BaseModel):
    """An amount in minor units: 29 dollars are `{"amount_minor": 2900, "currency": "usd"}`."""

    amount_minor: int
    currency: str


class Problem(BaseModel):
    """An error (RFC 9457). `code` is stable, `detail` is for people."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What a route may answer instead, for the API's description."""
    words = {
        401: "No key, an unknown or a revoked one",
        403: "The key's scope is too small",
        404: "No such thing",
        409: "Its state does not allow this",
        422: "A parameter cannot be used; the text says which and why",
    }
    return {
        status: {
            "description": words[status],
            "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
        }
        for status in (401, 403, *statuses)
    }


NextCursor = Annotated[str | None, Field(description="Give it as `cursor` for the next page; null: no more")]
