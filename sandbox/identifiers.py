"""Object ids that look like the provider's, drawn from a seeded generator so that a run can be repeated."""

from __future__ import annotations

import random
import string
from typing import Any

ALPHABET = string.ascii_letters + string.digits
# Two characters a draw: ids are the commonest thing the sandbox makes.
PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
SHORT = {"cus", "prod", "si"}


class Identifiers:
    """New ids and secrets; the same seed gives the same ids in the same order."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.drawn = 0

    @property
    def generator(self) -> list[Any]:
        """The generator's inner state, plain enough for JSON."""
        version, numbers, gauss = self._random.getstate()
        return [version, list(numbers), gauss]

    @generator.setter
    def generator(self, saved: list[Any]) -> None:
        version, numbers, gauss = saved
        self._random.setstate((version, tuple(numbers), gauss))

    def token(self, length: int) -> str:
        self.drawn += 1
        return "".join(self._random.choices(PAIRS, k=(length + 1) // 2))[:length]

    def new(self, prefix: str) -> str:
        """`cus_` and a few others carry 14 characters, the rest 24."""
        return f"{prefix}_{self.token(14 if prefix in SHORT else 24)}"

    def share(self, share: float) -> bool:
        """True in about `share` of the calls; used by the delivery faults."""
        return share > 0 and self._random.random() < share
