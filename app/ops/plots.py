"""Plots as SVG images: pygal lays them out, a small style of our own makes them fit light and dark."""

from __future__ import annotations

from collections.abc import Sequence
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


class PlotName(StrEnum):
    MONTH = "month"
    CLASS = "class"
    STEP = "step"


def draw(name: PlotName, rows: Sequence[Row], currency: str) -> bytes:
    """The plot of these rows of one currency as a whole SVG document."""
    match name:
        case PlotName.MONTH:
            rows = with_empty_months(rows, currency)
            chart = pygal.Bar(**_frame(260))
            chart.x_labels = month_labels([r.group for r in rows])
        case PlotName.CLASS:
            rows = list(reversed(rows))
            chart = pygal.HorizontalBar(**_frame(60 + 42 * max(2, len(rows))))
            chart.x_labels = [words(r.group) for r in rows]
        case PlotName.STEP:
            chart = pygal.Bar(**_frame(260))
            chart.x_labels = [step_words(r.group) for r in rows]
    chart.value_formatter = lambda value: format_compact_decimal(value, locale=ENGLISH, fraction_digits=1)
    chart.add("At risk", [_major(r.figures.at_risk_minor, currency) for r in rows])
    chart.add("Recovered", [_major(r.figures.recovered_minor, currency) for r in rows])
    return _document(chart.render_tree())


def with_empty_months(rows: Sequence[Row], currency: str) -> list[Row]:
    """The months between the first and the last, also those in which nothing failed."""
    if not rows:
        return []
    known = {r.group: r for r in rows}
    blank = rows[0]
    return [
        known.get(month) or Row(month, currency, blank.population, None, Figures())
        for month in months_between(min(known), max(known))
    ]


def month_labels(months: Sequence[str]) -> list[str]:
    """`["Dec", "Jan 26", "Feb"]`: the year where it begins, and of many months only every third."""
    every = 1 if len(months) <= 12 else 3 if len(months) <= 36 else 12
    labels = []
    for position, month in enumerate(months):
        day = date.fromisoformat(f"{month}-01")
        pattern = "MMM yy" if every > 1 or day.month == 1 else "MMM"
        labels.append(format_date(day, pattern, ENGLISH) if position % every == 0 else "")
    return labels


def step_words(group: str) -> str:
    """How many mails went, in words short enough for an axis."""
    return {"0": "no mail", "1": "1 mail"}.get(group, f"{group} mails")


def _major(amount_minor: int, currency: str) -> Decimal:
    return Money(amount_minor, currency).to_decimal()


def _frame(height: int) -> dict[str, Any]:
    return {
        "width": 480,
        "height": height,
        "js": (),
        "show_legend": True,
        "legend_at_bottom": True,
        "legend_at_bottom_columns": 2,
        "legend_box_size": 10,
        "margin": 8,
        "spacing": 12,
        "max_scale": 6,
        "min_scale": 3,
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
