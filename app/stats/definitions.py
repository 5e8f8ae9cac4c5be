"""What every figure that is shown means: one registry, for the pages, the terminal, and docs/figures.md.

The words stand in definitions.toml, a table a section. `computed_by` names the function that computes a figure; its
docstring carries the same formula, which a test compares.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Definition:
    """One figure. `name` is `section.figure`; `computed_by` is empty where it is a plain count or sum of rows."""

    name: str
    title: str
    formula: str
    words: str
    computed_by: str = ""

    @property
    def section(self) -> str:
        return self.name.partition(".")[0]


def read(text: str) -> dict[str, Definition]:
    """The registry of a TOML text, in its order."""
    return {
        f"{section}.{figure}": Definition(f"{section}.{figure}", **told)
        for section, figures in tomllib.loads(text).items()
        for figure, told in figures.items()
    }


DEFINITIONS: Mapping[str, Definition] = read(
    files(__package__).joinpath("definitions.toml").read_text("utf-8")
)
