"""Which law the cancel page follows for a customer. Pure; the rows are presets.toml, each with its source.

Germany, France, the United Kingdom and Minnesota have a row of their own, the rest of the European Economic Area
one together, all other states of the USA California's. Whoever lives elsewhere, or nobody knows where, gets STRICT.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from types import MappingProxyType
from typing import Any

STRICT = "STRICT"
US = frozenset({"US", "USA"})


class OfferPlace(StrEnum):
    """Where an offer may stand; presets.toml explains each."""

    AFTER_PERMISSION = "after_permission"
    WITH_CANCEL = "with_cancel"
    BEFORE_BUTTON = "before_button"


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a customer lives as their data says it, in any spelling, and where we have it from.

    `country` is a code of two letters, `region` a state's code or name; `source` is address, shipping, billing,
    card or unknown.
    """

    country: str | None = None
    region: str | None = None
    source: str = "unknown"


@dataclass(frozen=True, slots=True)
class Preset:
    """One row of presets.toml, where each field is explained. Buttons are keys of words, see `FIXED_WORDS`."""

    name: str
    version: int
    source: str
    offer_place: OfferPlace
    most_offers: int
    ask_reason: bool
    cancel_first: bool
    first_button: str
    confirm_button: str
    bare_confirmation: bool = False
    withdrawal_days: int = 0
    withdraw_button: str = ""
    confirm_withdrawal_button: str = ""
    notice_from_days: int = 21
    notice_to_days: int = 7


@dataclass(frozen=True, slots=True)
class FixedWords:
    """Words that a statute gives, in its language; any other key is translated by the templates."""

    lang: str
    text: str
    source: str


def _preset(name: str, row: Mapping[str, Any]) -> Preset:
    fields = dict(row)
    return Preset(name=name, offer_place=OfferPlace(fields.pop("offer_place")), **fields)


_TABLES: dict[str, Any] = tomllib.loads(files(__package__).joinpath("presets.toml").read_text("utf-8"))

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {name: _preset(name, row) for name, row in _TABLES["presets"].items()}
)
FIXED_WORDS: Mapping[str, FixedWords] = MappingProxyType(
    {key: FixedWords(**row) for key, row in _TABLES["words"].items()}
)
_BY_COUNTRY = {code: name for name, codes in _TABLES["countries"].items() for code in codes}
_STATES: dict[str, str] = {re.sub(r"\W+", "", n).upper(): code for code, n in _TABLES["states"].items()}
_STATES |= {code: code for code in _TABLES["states"]}


def preset_for(place: Whereabouts) -> Preset:
    """The row for a place; total: what is unknown or cannot be read is STRICT."""
    country = (place.country or "").strip().upper()
    if country in US:
        state = state_of(place.region)
        return PRESETS[STRICT if state is None else "US-MN" if state == "MN" else "US-CA"]
    return PRESETS[_BY_COUNTRY.get(country, STRICT)]


def state_of(region: str | None) -> str | None:
    """The code of a state of the USA: `mn`, `US-MN`, `Minnesota` and `minn esota ` are MN; None for no state."""
    plain = re.sub(r"[\W_]+", "", re.sub(r"^\s*USA?[-_ ]", "", region or "", flags=re.IGNORECASE))
    return _STATES.get(plain.upper())
