"""Which fields a set of JSON bodies has, and of which types: what two sources of the same object can be compared by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# Path -> JSON types seen there. `lines.data[].price.id` is the id of the price of any line.
Paths = dict[str, set[str]]
TYPES = {dict: "hash", list: "list", str: "string", int: "number", float: "number", bool: "boolean"}
FREE_KEYS = {"metadata"}


def paths_of(bodies: Iterable[Any]) -> Paths:
    """Every path in any of the bodies; keys of metadata are the merchant's own and do not count.

    >>> paths_of([{"card": {"last4": "4242"}, "tags": [1]}, {"card": None}])["card"]
    {'hash', 'null'}
    """
    found: Paths = {}
    for body in bodies:
        _walk(body, "", found)
    return found


def _walk(value: Any, path: str, found: Paths) -> None:
    found.setdefault(path, set()).add("null" if value is None else TYPES[type(value)])
    if isinstance(value, dict) and path.rpartition(".")[2] not in FREE_KEYS:
        for name, inner in value.items():
            _walk(inner, f"{path}.{name}" if path else name, found)
    elif isinstance(value, list):
        for inner in value:
            _walk(inner, f"{path}[]", found)


def differences(ours: Paths, theirs: Paths) -> dict[str, str]:
    """Path -> `lacks`, `adds` or the two types, only where both sides have the hash that holds the field.

    What lies below a hash or list that one side has only as null or empty cannot be compared.
    """
    found = {path: "lacks" for path in theirs.keys() - ours.keys() if _comparable(path, ours, theirs)}
    found |= {path: "adds" for path in ours.keys() - theirs.keys() if _comparable(path, ours, theirs)}
    for path in ours.keys() & theirs.keys():
        mine, other = ours[path] - {"null"}, theirs[path] - {"null"}
        if mine and other and mine - other:
            found[path] = f"is {'/'.join(sorted(mine))} instead of {'/'.join(sorted(other))}"
    return found


def _comparable(path: str, ours: Paths, theirs: Paths) -> bool:
    parent = path.removesuffix("[]") if path.endswith("[]") else path.rpartition(".")[0]
    if path.endswith("[]"):
        return False  # a list that is empty on one side says nothing
    return "hash" in ours.get(parent, ()) and "hash" in theirs.get(parent, ())
