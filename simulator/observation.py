"""What a policy may look at, and what it answers. Nothing here is known only to the world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from simulator.arrays import Ints

NO_MAIL = -1


@dataclass(frozen=True, slots=True)
class Observation:
    """Who is still late on one morning and may be written to, one array element a failure.

    `day` counts from the failure; `failed_hour` and `last_mail_hour` are local, the latter in hours since
    midnight of the day of the failure, -1 before the first mail; `customer` is a number without meaning.
    """

    day: int
    customer: Ints
    decline_code: Ints
    failed_hour: Ints
    amount_minor: Ints
    attempts: Ints
    mails: Ints
    last_mail_hour: Ints


class Policy(Protocol):
    """Decides who is written to today."""

    @property
    def name(self) -> str: ...

    def mails_at(self, seen: Observation) -> Ints:
        """The hour at which each is written to today, NO_MAIL for none."""
        ...
