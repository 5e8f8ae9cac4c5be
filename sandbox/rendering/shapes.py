"""From the stored (new) shape of an object to the shape of the endpoint it is sent to.

`render` is given a fresh copy and changes it in place: fields that went are put back (`restored`), for `old`
those that came are taken out (`newer`). `both` has what it had and gets all that is new.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.rendering.newer import NEWER, without
from sandbox.rendering.restored import RESTORE
from sandbox.state import Obj, State

SHAPES = ("old", "both", "new")
BASIL = "2025-03-31"


def shape_of_version(api_version: str | None) -> str:
    """The shape an endpoint gets from its version; none means the account's default, which is new."""
    return "new" if api_version is None or api_version >= BASIL else "old"


def render(state: State, obj: Obj, shape: str, legacy: Obj) -> Obj:
    """The same object in `shape`, and every object inside it; `legacy` holds the moment's old references."""
    if shape == "new":
        return obj
    kind = obj.get("object", "")
    restore = RESTORE.get(kind)
    if restore:
        restore(state, obj, shape, legacy)
    for inner in _objects_in(obj):
        render(state, inner, shape, {})
    if shape == "old":
        without(obj, NEWER.get(kind, ()))
    return obj


def _objects_in(value: Any) -> Iterator[Obj]:
    """The nearest API objects inside a hash or list; what is inside those is theirs."""
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict) and isinstance(inner.get("object"), str):
            yield inner
        elif isinstance(inner, dict | list):
            yield from _objects_in(inner)
