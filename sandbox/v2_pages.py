"""List answers under /v2: pages that name the address of the next one."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlencode

from sandbox.errors import invalid
from sandbox.parameters import Params, integer, text

Row = TypeVar("Row")
DEFAULT_LIMIT = 20
MAX_LIMIT = 100


def page(rows: Iterable[Row], params: Params, url: str, id_of: Callable[[Row], str]) -> dict[str, Any]:
    """One page of `rows`, which come in the order of the list and are read no further than needed.

    The page's token names the last row of the page before.
    """
    limit = integer(params, "limit", DEFAULT_LIMIT) or 0
    if not 1 <= limit <= MAX_LIMIT:
        raise invalid(f"limit must be between 1 and {MAX_LIMIT}", param="limit")
    token = text(params, "page")
    following = iter(rows)
    if token:
        last = _decoded(token)
        if all(id_of(row) != last for row in following):
            raise invalid("The page token is not one of this list.", param="page")
    found = list(islice(following, limit + 1))
    data, more = found[:limit], len(found) > limit
    query = urlencode(
        [*_flat({k: v for k, v in params.items() if k != "page"}), ("page", _encoded(id_of(data[-1])))]
        if more
        else []
    )
    return {"data": data, "next_page_url": f"{url}?{query}" if more else None, "previous_page_url": None}


def _encoded(row_id: str) -> str:
    return base64.urlsafe_b64encode(row_id.encode()).decode().rstrip("=")


def _decoded(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise invalid("The page token is not one of this list.", param="page") from None


def _flat(node: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Parameters as they stand in a query: `created[gt]=...`, `types[0]=...`."""
    if isinstance(node, dict):
        named = [(f"{prefix}[{key}]" if prefix else key, value) for key, value in node.items()]
    elif isinstance(node, list):
        named = [(f"{prefix}[{number}]", value) for number, value in enumerate(node)]
    else:
        return [(prefix, str(node))]
    return [pair for name, value in named for pair in _flat(value, name)]
