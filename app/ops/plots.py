"""Plots as SVG images: pygal lays them out, a small style of our own makes them fit light and dark."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any
from xml.etree import ElementTree

import pygal
from babel.dates import format_date
from babel.numbers import format_compact_decimal

from app.core.money import Money
from app.ops.pages import words
from app.ops.period import months_between
from app.stats.recovery import Row
from app.stats.rules import Figures
from app.stats.tables import ENGLISH

# pygal leaves an import hook of a bygone protocol behind (for its map plug-ins, which we do not use); with it
# every later import of a module that is absent warns, and the tests turn warnings into errors.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != "PluginImportFixer"]

STYLE = """
:root{color-scheme:light dark}
text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:#4b5766}
.guide.line{stroke:#dde2e8;fill:none}.major.line,.axis.x .line{stroke:#aab4c0;fill:none}
.axis.x .guide.line{stroke:none}.horizontal .axis.y .line{stroke:none}
.background{fill:none}.axis.x text{text-anchor:middle}.axis.y text{text-anchor:end}
.horizontal .axis.y text{text-anchor:end}
.color-0{fill:#75889f}.color-1{fill:#0b6e5f}.legends text{fill:#16202c}
@media (prefers-color-scheme:dark){
text{fill:#a9b5c2}.guide.line{stroke:#2a3440}.major.line,.axis.x .line{stroke:#4a5866}
.color-0{fill:#73879d}.color-1{fill:#4fc3ad}.legends text{fill:#e6eaef}}
"""
SVG = "http://www.w3.org/2000/svg"
PLOT_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class PlotSize(StrEnum):
    LARGE = "large"
    SMALL = "small"  # for narrow screens, where a scaled one could not be read


class PlotName(StrEnum):
    MONTH = "month"
    CLASS = "class"
    STEP = "step"


@dataclass(frozen=True, slots=True)
class Frame:
    """The size of a plot in its own units; the page scales it."""

    width: int
    height: int


def frame_of(name: PlotName, size: PlotSize, rows: int) -> Frame:
    """The frame of a plot of so many rows. Bars that lie need height, the others do not."""
    width = 520 if size == PlotSize.LARGE else 330
    return Frame(width, 64 + 40 * max(2, rows) if name == PlotName.CLASS else 250)


def draw(name: PlotName, rows: Sequence[Row], currency: str, size: PlotSize = PlotSize.LARGE) -> bytes:
    """The plot of these rows of one currency as a whole SVG document."""
    options = _options(frame_of(name, size, len(rows)))
    match name:
        case PlotName.MONTH:
            rows = with_empty_months(rows)
            chart = pygal.Bar(**options)
            chart.x_labels = month_labels([r.group for r in rows], 12 if size == PlotSize.LARGE else 6)
        case PlotName.CLASS:
            rows = list(reversed(rows))
            chart = pygal.HorizontalBar(**options)
            chart.x_labels = [words(r.group) for r in rows]
        case PlotName.STEP:
            chart = pygal.Bar(**options)
            chart.x_labels = [step_words(r.group) for r in rows]
    ticks = even_ticks(max((_major(r.figures.at_risk_minor, currency) for r in rows), default=Decimal(0)))
    chart.y_labels = ticks
    chart.range = (0, ticks[-1])
    chart.value_formatter = lambda value: format_compact_decimal(value, locale=ENGLISH, fraction_digits=1)
    chart.add("At risk", [_major(r.figures.at_risk_minor, currency) for r in rows])
    chart.add("Recovered", [_major(r.figures.recovered_minor, currency) for r in rows])
    return _document(chart.render_tree())


def even_ticks(largest: Decimal) -> list[float]:
    """Round steps from zero to above the largest: `even_ticks(316)` is 0, 100, 200, 300, 400."""
    top = max(float(largest), 1.0)
    power = 10.0 ** math.floor(math.log10(top / 4))
    step = next(m * power for m in (1, 2, 2.5, 5, 10, 20) if m * power * 4 >= top)
    return [step * n for n in range(math.ceil(top / step) + 1)]


def with_empty_months(rows: Sequence[Row]) -> list[Row]:
    """The months between the first and the last, also those in which nothing failed."""
    if not rows:
        return []
    known = {r.group: r for r in rows}
    blank = rows[0]
    return [
        known.get(month) or Row(month, blank.currency, blank.population, blank.closed, Figures())
        for month in months_between(min(known), max(known))
    ]


def month_labels(months: Sequence[str], room: int) -> list[str]:
    """`["Dec", "Jan", "Feb"]` where there is room for all, else every so many with the year: `["Dec 25", ""]`."""
    every = -(-len(months) // room)
    labels = []
    for position, month in enumerate(months):
        day = date.fromisoformat(f"{month}-01")
        pattern = "MMM yy" if every > 2 else "MMM"
        labels.append(format_date(day, pattern, ENGLISH) if position % every == 0 else "")
    return labels


def step_words(group: str) -> str:
    """How many mails went, in words short enough for an axis."""
    return {"0": "no mail", "1": "1 mail"}.get(group, f"{group} mails")


def _major(amount_minor: int, currency: str) -> Decimal:
    return Money(amount_minor, currency).to_decimal()


def _options(frame: Frame) -> dict[str, Any]:
    return {
        "width": frame.width,
        "height": frame.height,
        "js": (),
        "show_legend": True,
        "legend_at_bottom": True,
        "legend_at_bottom_columns": 2,
        "legend_box_size": 10,
        "margin": 8,
        "spacing": 12,
        "truncate_label": -1,
        "rounded_bars": 2,
        "print_values": False,
        "no_data_text": "nothing yet",
        "x_label_rotation": 0,
    }


def _document(tree: Any) -> bytes:
    """pygal's geometry without its script, style and tool tips."""
    for parent in list(tree.iter()):
        for child in list(parent):
            tag = child.tag if isinstance(child.tag, str) else ""
            if tag.rpartition("}")[2] in ("script", "style", "desc", "title") or not tag:
                parent.remove(child)
    style = ElementTree.Element("style")
    style.text = STYLE
    tree.insert(0, style)
    tree.set("xmlns", SVG)
    text: bytes = ElementTree.tostring(tree, encoding="utf-8")
    return text
