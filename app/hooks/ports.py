"""What hooks need of the outside: a way to an address that was checked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from app.core.errors import InvalidInput, ReclaimError


class AddressRefused(InvalidInput):
    """Nothing may be sent there: not a public address, or not an address at all."""


class HookUnreachable(ReclaimError):
    """No answer: no such name, no connection, a broken line, a certificate that does not fit, too slow."""

    code = "hook_unreachable"


@dataclass(frozen=True, slots=True)
class HookAnswer:
    """An answer's status. Its body is not kept: it is of no use, and may be anything."""

    status: int
    retry_after: timedelta | None = None


class HookWire(Protocol):
    """The way out."""

    def check(self, url: str) -> None:
        """Raise AddressRefused if nothing may be sent there as its name resolves now."""
        ...

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> HookAnswer:
        """One try, redirects not followed; raises AddressRefused or HookUnreachable, nothing else."""
        ...
