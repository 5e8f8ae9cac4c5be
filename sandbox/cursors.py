"""List answers: newest first, cut by `limit`, `starting_after` and `ending_before`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sandbox.errors import invalid
from sandbox.parameters import Params, integer, text

Row = TypeVar("Row")
PAGE = ("limit", "starting_after", "ending_before", "expand")


def cut(rows: Sequence[Row], params: Params, id_of: Callable[[Row], str]) -> tuple[list[Row], bool]:
    """One page of `rows` (given newest first) and whether more follow in the direction of travel."""
    limit = integer(params, "limit", 10) or 0
    if not 1 <= limit <= 100:
        raise invalid("limit must be between 1 and 100", param="limit")
    after, before = text(params, "starting_after"), text(params, "ending_before")
    if after and before:
        raise invalid("Only one of starting_after and ending_before can be given", param="starting_after")
    ids = [id_of(row) for row in rows] if after or before else []
    for name, cursor in (("starting_after", after), ("ending_before", before)):
        if cursor and cursor not in ids:
            raise invalid(f"No such object: '{cursor}'", param=name, code="resource_missing")
    if before:
        end = ids.index(before)
        return list(rows[max(0, end - limit) : end]), end > limit
    start = ids.index(after) + 1 if after else 0
    return list(rows[start : start + limit]), len(rows) > start + limit


def listing(rows: Sequence[dict[str, Any]], params: Params, url: str) -> dict[str, Any]:
    """The list envelope over stored objects, which come in order of creation."""
    page, more = cut(list(reversed(rows)), params, lambda row: str(row["id"]))
    return envelope(page, url, more)


def envelope(rows: list[Any], url: str, has_more: bool = False) -> dict[str, Any]:
    return {"object": "list", "data": rows, "has_more": has_more, "url": url}
