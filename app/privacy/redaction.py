"""Pseudonyms, and putting them in the place of what leads to a person. Pure but for the random pseudonyms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from app.core.ids import new_token

ERASED = "erased"
_PROVIDER_ID = re.compile(
    r"(?<![A-Za-z0-9_])(?:cus|in|sub|pi|pm|ch|py|card|src|ba|cs|seti|si|dp|du|re|pyr|inpay|txn|ii|il|mandate)"
    r"_[A-Za-z0-9_]+"
)
"""Objects that belong to one customer. Prices, products and coupons are everybody's."""


def is_pseudonym(key: str) -> bool:
    """Whether an id stands for an object of an erased person, so that the provider knows nothing by it."""
    return f"{ERASED}_" in key


def provider_ids(value: Any) -> Iterator[str]:
    """Every id of a customer's object that a text or a JSON value names."""
    for text in _texts(value):
        yield from (found for found in _PROVIDER_ID.findall(text) if not is_pseudonym(found))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield str(key)
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


@dataclass
class Redactor:
    """One person's ids and their pseudonyms, and words (names, addresses) that are blacked out."""

    ids: Iterable[str]
    words: Iterable[str] = ()
    pseudonyms: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.pseudonyms = {key: _pseudonym(key) for key in self.ids}
        self._replaced = self.pseudonyms | {w.lower(): ERASED for w in self.words if w.strip()}
        longest_first = sorted(self._replaced, key=len, reverse=True)
        either = "|".join(map(re.escape, longest_first)) or r"(?!)"
        self._pattern = re.compile(rf"(?<![A-Za-z0-9_])(?:{either})(?![A-Za-z0-9_])", re.IGNORECASE)

    def text(self, value: str) -> str:
        """The text with every id and word of the person replaced."""
        return self._pattern.sub(self._other, value)

    def json(self, value: Any) -> Any:
        """Likewise in every key and text of a JSON value."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(str(key)): self.json(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.json(part) for part in value]
        return value

    def _other(self, match: re.Match[str]) -> str:
        found = match[0]
        return self._replaced.get(found) or self._replaced.get(found.lower()) or ERASED


def _pseudonym(key: str) -> str:
    prefix = key.partition("_")[0] if "_" in key else "id"
    return f"{prefix}_{ERASED}_{new_token()}"
