"""What a plot shows, as plain values; app/ops/plots.py draws it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Value = float | None


class Shape(StrEnum):
    BARS = "bars"  # side by side
    STACKED = "stacked"
    LYING = "lying"  # for words that are too long to stand under a bar
    LYING_STACKED = "lying_stacked"
    LINES = "lines"
    STEPS = "steps"  # survival: falls at once, then holds
    RANGES = "ranges"  # a value between two bounds


class Unit(StrEnum):
    MONEY = "money"  # major units
    COUNT = "count"
    PERCENT = "percent"


class Tone(StrEnum):
    """How a series looks. Its lightness and its hatching tell it from the others in grey as well."""

    GOOD = "good"
    PALE = "pale"
    OTHER = "other"
    WARM = "warm"
    BAD = "bad"


USUAL = (Tone.GOOD, Tone.PALE, Tone.OTHER, Tone.WARM)
"""Tones in the order in which series take them that name none."""


@dataclass(frozen=True, slots=True)
class Series:
    """One colour of a plot. A label without a value is a gap. `low` and `high` only where the shape is RANGES; `at`,
    the days on which the line falls to each value, only for STEPS."""

    name: str
    values: tuple[Value, ...]
    tone: Tone | None = None
    low: tuple[Value, ...] = ()
    high: tuple[Value, ...] = ()
    at: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """`labels` stand on the axis; `at`: where each label stands, for STEPS, in days."""

    shape: Shape
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    says: str  # what it shows, for who does not see it
    unit: Unit = Unit.COUNT
    at: tuple[float, ...] = ()
    months: bool = False  # labels are months

    @property
    def tones(self) -> list[Tone]:
        """The tone of each series."""
        return [series.tone or USUAL[place % len(USUAL)] for place, series in enumerate(self.series)]

    @property
    def blank(self) -> bool:
        """Nothing to be seen: no value, or only zeros."""
        return not self.labels or not any(value for series in self.series for value in series.values)

    @property
    def lies(self) -> bool:
        return self.shape in (Shape.LYING, Shape.LYING_STACKED)

    @property
    def stacked(self) -> bool:
        return self.shape in (Shape.STACKED, Shape.LYING_STACKED)
