"""Faults on demand: what goes wrong with deliveries, and with the next API calls."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from sandbox.errors import invalid


@dataclass
class DeliveryFaults:
    """All off by default; shares are between 0 and 1 and drawn from the state's seeded generator."""

    duplicate: int = 0  # extra copies of every delivery
    shuffle_seed: int | None = None  # send the whole queue in a random, repeatable order
    drop_share: float = 0.0  # lost on the way, sent again later with a fresh signature
    wrong_secret: float = 0.0  # signed with another secret the first time
    two_signatures: bool = False  # a second v1 value, as while a secret is being rolled
    never_generate: float = 0.0  # the provider forgets to create the event at all
    delay_seconds: int = 0  # held back for so long in sandbox time before the first try
    delay_share: float = 1.0  # of the deliveries, while `delay_seconds` is set
    same_second_span: int = 0  # events of so many seconds all carry the same `created`

    def change(self, wanted: dict[str, Any]) -> None:
        """Set the named faults; an unknown name is a mistake worth an error."""
        names = {field.name for field in fields(self)}
        for name, value in wanted.items():
            if name not in names:
                raise invalid(f"Unknown delivery fault: {name}", param=name)
            setattr(self, name, value)


@dataclass
class ApiFault:
    """One coming failure of the API.

    `429`, `409` and `500` come instead of execution. The others come after it, `seconds` of real time later:
    `slow` is the answer late, `500_after` another answer (and the real one kept under the idempotency key),
    `lost_answer` and `timeout` the connection closed.
    """

    kind: str
    path: str = ""
    method: str = ""
    seconds: float = 0.0


KINDS = ("429", "409", "500", "500_after", "lost_answer", "timeout", "slow")


@dataclass
class ApiFaults:
    """Failures for the next matching calls, first in, first out."""

    waiting: list[ApiFault] = field(default_factory=list)

    def add(self, fault: ApiFault, count: int = 1) -> None:
        if fault.kind not in KINDS:
            raise invalid(f"Unknown API fault: {fault.kind}; one of {', '.join(KINDS)}", param="kind")
        self.waiting.extend([fault] * count)

    def take(self, method: str, path: str) -> ApiFault | None:
        """The first waiting fault whose method and path part match, removed."""
        for index, fault in enumerate(self.waiting):
            if fault.method in ("", method) and fault.path in path:
                return self.waiting.pop(index)
        return None
