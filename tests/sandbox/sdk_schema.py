"""The official SDK's annotations as a schema: what each object must hold, may hold, and of which type.

A field whose annotation is not optional must be there and must not be null; a field without annotation is
unknown. Hashes inside an object are held against the SDK's nested classes, objects inside objects against
their own.
"""

from __future__ import annotations

import functools
import importlib
import types
import typing
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ForwardRef, Literal, NotRequired, Union

from stripe import ListObject, StripeObject
from stripe._object_classes import OBJECT_CLASSES, V2_OBJECT_CLASSES
from stripe._stripe_object import UntypedStripeObject
from stripe.events._event_classes import get_v2_event_class

Json = dict[str, Any]
SCALARS: dict[Any, tuple[type, ...]] = {int: (int,), float: (int, float), str: (str,), Decimal: (str,)}

# What the provider sends although the SDK does not declare it, with the reason.
SENT_ALTHOUGH_UNDECLARED = {
    ("ListObject", "total_count"): "not promised, but still sent for the lists inside of objects",
}
# What the provider leaves out in one situation although the SDK declares it as always present.
LEFT_OUT_ALTHOUGH_DECLARED = {
    ("invoice.upcoming", "Invoice", "id"): "the invoice of the notice does not exist yet",
}


@functools.cache
def class_of(kind: str) -> type[StripeObject] | None:
    """The SDK's class for an `object` value; None where it has none."""
    found = OBJECT_CLASSES.get(kind) or V2_OBJECT_CLASSES.get(kind)
    if found is None:
        return None
    module, name = found
    return typing.cast("type[StripeObject]", getattr(importlib.import_module(module), name))


@functools.cache
def declared(cls: type) -> dict[str, Any]:
    """Field -> annotation; the SDK forgets a list's `object`."""
    found = {"object": str} if cls is ListObject else {}
    for base in reversed(cls.__mro__):
        own = vars(base).get("__annotations__", {})
        found |= {name: kind for name, kind in own.items() if name.islower() and not name.startswith("_")}
    return found


def problems(obj: Json, *, situation: str = "", partial: bool = False) -> list[str]:
    """All that is wrong with an API object, as `path: what`; `partial` bodies may lack anything.

    `situation` is the event type that carried the object, for what is left out only there.
    """
    if obj["object"] == "list":
        return sorted(set(_list(obj, "list", situation, partial)))
    # Under /v2 each type of event has a class of its own.
    is_thin = obj["object"] == "v2.core.event"
    cls = get_v2_event_class(obj["type"]) if is_thin else class_of(obj["object"])
    if cls is None:
        return [f"{obj['object']}: the SDK has no such object"]
    return sorted(set(_hash(obj, cls, obj["object"], situation, partial)))


def _hash(value: Json, cls: type, path: str, situation: str, partial: bool) -> Iterator[str]:
    if value.get("deleted") is True and value.keys() <= {"id", "object", "deleted"}:
        return  # the answer to a deletion holds no more than that
    fields = declared(cls)
    for name, kind in fields.items():
        left_out = (situation, cls.__name__, name) in LEFT_OUT_ALTHOUGH_DECLARED
        if name not in value and not partial and not left_out and not _may_be_absent(kind):
            yield f"{path}.{name}: missing"
    for name, inner in value.items():
        if name in fields:
            yield from _value(inner, fields[name], f"{path}.{name}", situation, partial)
        elif (cls.__name__, name) not in SENT_ALTHOUGH_UNDECLARED:
            yield f"{path}.{name}: unknown"


def _value(value: Any, kind: Any, path: str, situation: str, partial: bool) -> Iterator[str]:
    choices = list(_choices(kind))
    if value is None:
        if type(None) not in choices and not partial:
            yield f"{path}: null"
    elif isinstance(value, dict):
        yield from _inner_hash(value, choices, path, situation, partial)
    elif isinstance(value, list):
        lists = [choice for choice in choices if typing.get_origin(choice) is list]
        if not lists and Any not in choices:
            yield f"{path}: a list"
        for row in value if lists else []:
            yield from _value(row, typing.get_args(lists[0])[0], f"{path}[]", situation, partial)
    elif not any(_fits(value, choice) for choice in choices):
        yield f"{path}: {value!r} is none of {' | '.join(_name(choice) for choice in choices)}"


def _inner_hash(value: Json, choices: list[Any], path: str, situation: str, partial: bool) -> Iterator[str]:
    """An object by its own class, any other hash by the class nested in the annotation."""
    if Any in choices:
        return
    origins = {typing.get_origin(choice) or choice for choice in choices}
    own = class_of(value["object"]) if isinstance(value.get("object"), str) else None
    if ListObject in origins:
        yield from _list(value, path, situation, partial)
    elif UntypedStripeObject in origins:
        return
    elif own is not None and any(isinstance(choice, ForwardRef) or choice is own for choice in choices):
        yield from _hash(value, own, path, situation, partial)
    else:
        nested = [
            choice for choice in choices if isinstance(choice, type) and issubclass(choice, StripeObject)
        ]
        if not nested:
            yield f"{path}: a hash"
        for cls in nested[:1]:
            yield from _hash(value, cls, path, situation, partial)


def _list(value: Json, path: str, situation: str, partial: bool) -> Iterator[str]:
    yield from _hash({**value, "data": []}, ListObject, path, situation, partial)
    for row in value.get("data", []):
        cls = class_of(row["object"])
        yield from _hash(row, cls, f"{path}.data[]", situation, partial) if cls else ()


def _choices(kind: Any) -> Iterator[Any]:
    """The members of a union, flattened; what is not required counts with its inner kind."""
    origin = typing.get_origin(kind)
    if origin in (Union, types.UnionType, NotRequired):
        for part in typing.get_args(kind):
            yield from _choices(part)
    else:
        yield ForwardRef(kind) if isinstance(kind, str) else kind


def _may_be_absent(kind: Any) -> bool:
    return typing.get_origin(kind) is NotRequired or type(None) in _choices(kind) or kind is Any


def _fits(value: Any, choice: Any) -> bool:
    if choice is Any:
        return True
    if typing.get_origin(choice) is Literal:
        return value in typing.get_args(choice)
    if isinstance(value, bool):
        return choice is bool
    return isinstance(value, SCALARS.get(choice, ()))


def _name(choice: Any) -> str:
    return getattr(choice, "__name__", str(choice))
