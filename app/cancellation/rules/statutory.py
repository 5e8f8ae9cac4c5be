"""What a declaration of cancellation consists of, and how one is read out of a form. Pure; see statutory.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from app.core.text import clean_line

LINE_LIMIT = 200
REASON_LIMIT = 5000


class CancellationKind(StrEnum):
    ORDINARY = "ordinary"
    EXTRAORDINARY = "extraordinary"


@dataclass(frozen=True, slots=True)
class StatutoryField:
    """One field: its name in the form, its German label, whether a declaration is of nobody without it."""

    name: str
    de: str
    source: str
    needed: bool = False


_TABLES: dict[str, Any] = tomllib.loads(files(__package__).joinpath("statutory.toml").read_text("utf-8"))

FIELDS: tuple[StatutoryField, ...] = tuple(StatutoryField(**row) for row in _TABLES["fields"])
TITLE: str = _TABLES["title"]
CHOICES: Mapping[str, str] = MappingProxyType(_TABLES["choices"])


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration as it was typed, cut to length. `end`: a day, or None for the next possible time."""

    name: str
    email: str
    kind: CancellationKind = CancellationKind.ORDINARY
    reason: str = ""
    contract: str = ""
    end: date | None = None

    @property
    def missing(self) -> frozenset[str]:
        """Needed fields that are empty, and `email` where it is no address at all."""
        empty = {field.name for field in FIELDS if field.needed and not getattr(self, field.name)}
        return frozenset(empty | ({"email"} if not _looks_like_address(self.email) else set()))

    @property
    def content(self) -> dict[str, Any]:
        """As plain JSON, by the names of the fields."""
        told = {"kind": self.kind.value, "name": self.name, "email": self.email}
        more = {
            "reason": self.reason,
            "contract": self.contract,
            "end": self.end.isoformat() if self.end else "",
        }
        return told | {name: value for name, value in more.items() if value}


def declared(form: Mapping[str, str]) -> Declared:
    """The declaration in a form's fields; total.

    A reason is read in an extraordinary cancellation only. A day that is none, or `end=next`, is the next possible
    time: whoever declares an end wants an end.
    """
    kind = (
        CancellationKind.EXTRAORDINARY if form.get("kind") == "extraordinary" else CancellationKind.ORDINARY
    )
    return Declared(
        name=_line(form.get("name")),
        email=_line(form.get("email")),
        kind=kind,
        reason=_paragraphs(form.get("reason")) if kind is CancellationKind.EXTRAORDINARY else "",
        contract=_line(form.get("contract")),
        end=None if form.get("end") == "next" else _day(form.get("end_date")),
    )


def _line(raw: str | None) -> str:
    return clean_line((raw or "")[: LINE_LIMIT * 10], LINE_LIMIT)


def _paragraphs(raw: str | None) -> str:
    lines = (clean_line(line) for line in (raw or "")[:REASON_LIMIT].splitlines())
    return "\n".join(line for line in lines if line)


def _day(raw: str | None) -> date | None:
    try:
        return date.fromisoformat((raw or "").strip())
    except ValueError:
        return None


def _looks_like_address(raw: str) -> bool:
    local, at, domain = raw.rpartition("@")
    return bool(at and local and domain) and not any(c.isspace() for c in raw)
