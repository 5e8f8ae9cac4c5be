"""What intake needs from a provider's adapter: a door that knows its callers and reads the envelope."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from app.inbound.states import Source


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """What intake must know of an event; its meaning stays in the body.

    A msgspec Struct and not a dataclass, because making one costs a tenth of the time.
    `refs`: every provider id that the object names, with a space before and after each.
    `account`: set where the event belongs to an account other than ours (Connect).
    """

    id: str
    type: str
    created: datetime
    livemode: bool | None
    api_version: str | None
    account: str | None
    object_id: str | None
    customer_id: str | None
    refs: str


class Admit(Protocol):
    """Raises BadSignature unless the caller is who it must be, then BadEvent for what is no event.

    `headers`: those that the door has asked for, each at most once. `now_seconds`: real time.
    """

    def __call__(self, headers: Mapping[bytes, bytes], body: bytes, now_seconds: float) -> Envelope: ...


@dataclass(frozen=True, slots=True)
class Door:
    """One webhook address. `admit` None: no secret is configured, so nobody is let in.

    `headers`: lower-case names of the headers that prove who calls. `waits`: admitting may ask the network.
    `expected_livemode`: events of the other mode are stored as ignored; None takes both.
    """

    path: str
    source: Source
    headers: frozenset[bytes]
    admit: Admit | None
    waits: bool = False
    expected_livemode: bool | None = None


class ReadEnvelope(Protocol):
    """Raises BadEvent for everything that is not an event of this provider."""

    def __call__(self, body: bytes) -> Envelope: ...
