"""Object ids that look like the provider's, drawn from a seeded generator so that a run can be repeated."""

from __future__ import annotations

import random
import string

ALPHABET = string.ascii_letters + string.digits
SHORT = {"cus", "prod", "si"}


class Identifiers:
    """New ids and secrets; the same seed gives the same ids in the same order."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def token(self, length: int) -> str:
        return "".join(self._random.choices(ALPHABET, k=length))

    def new(self, prefix: str) -> str:
        """`cus_` and a few others carry 14 characters, the rest 24."""
        return f"{prefix}_{self.token(14 if prefix in SHORT else 24)}"

    def share(self, share: float) -> bool:
        """True in about `share` of the calls; used by the delivery faults."""
        return share > 0 and self._random.random() < share
