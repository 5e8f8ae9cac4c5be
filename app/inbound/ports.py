"""What intake needs from a provider's adapter: a verifier of bytes, and a reader of the envelope."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec


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


class Verify(Protocol):
    """Raises BadSignature unless one of `secrets` signed `body` within the last 300 seconds."""

    def __call__(self, header: bytes, body: bytes, secrets: Sequence[bytes], now_seconds: float) -> None: ...


class ReadEnvelope(Protocol):
    """Raises BadEvent for everything that is not an event of this provider."""

    def __call__(self, body: bytes) -> Envelope: ...
