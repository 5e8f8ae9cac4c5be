"""Which of two pictures of one object counts, and how a picture becomes a row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar, cast

from app.billing.states import ProviderState

State = TypeVar("State", bound=ProviderState)

UNSEEN_AT = datetime(1970, 1, 1, tzinfo=UTC)
"""`seen_at` of a row of which nobody has yet seen a picture: every picture is newer."""


@cache
def _shared(state_type: Any, seen_type: Any) -> tuple[str, ...]:
    seen_names = {f.name for f in fields(seen_type)}
    return tuple(f.name for f in fields(state_type) if f.name in seen_names)


def pictured(state_type: type[State], object_id: str, seen: Any, **more: Any) -> State:
    """A row made from a picture: fields of the same name, when it was seen, and `more`."""
    values = {name: getattr(seen, name) for name in _shared(cast(Any, state_type), cast(Any, type(seen)))}
    values |= more
    return state_type(id=object_id, seen_at=seen.sight.at, seen_live=seen.sight.live, **values)


def newer(new: ProviderState, now: ProviderState, *, apart_from: Collection[str] = ()) -> bool:
    """Whether a picture beats the row: later, else live, else a fixed order of their contents.

    `apart_from`: fields that the row may have from elsewhere than its own picture; they say nothing.
    """
    if new.seen_at != now.seen_at:
        return new.seen_at > now.seen_at
    if new.seen_live != now.seen_live:
        return new.seen_live
    return _contents(new, apart_from) >= _contents(now, apart_from)


def _contents(state: ProviderState, apart_from: Collection[str]) -> str:
    return repr([getattr(state, f.name) for f in fields(state) if f.name not in apart_from])


def same_moment(new: ProviderState, now: ProviderState) -> bool:
    return new.seen_at == now.seen_at and new.seen_live == now.seen_live
