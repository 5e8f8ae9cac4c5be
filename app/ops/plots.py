"""Plots as SVG images: pygal lays them out, a small style of our own makes them fit light, dark and grey."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any
from xml.etree import ElementTree

import pygal
from babel.dates import format_date
from babel.numbers import format_compact_decimal

from app.ops.charts import Chart, Series, Shape, Tone, Unit
from app.stats.tables import ENGLISH

# pygal leaves an import hook of a bygone protocol behind (for its map plug-ins, which we do not use); with it
# every later import of a module that is absent warns, and the tests turn warnings into errors.
sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != "PluginImportFixer"]

STYLE = """
:root{color-scheme:light dark;--good:#0b6e5f;--pale:#8fa2b7;--other:#6b5ca5;--warm:#b87408;--bad:#b3261e;
--ink:#16202c;--words:#4b5766;--guide:#dde2e8;--axis:#aab4c0}
text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--words)}
.guide.line{stroke:var(--guide);fill:none}.major.line,.axis.x .line{stroke:var(--axis);fill:none}
.axis.x .guide.line{stroke:none}.horizontal .axis.y .line{stroke:none}
.background{fill:none}.axis.x text{text-anchor:middle}.axis.y text,.horizontal .axis.y text{text-anchor:end}
.legends text{fill:var(--ink)}.title{display:none}
rect.good,.good rect{fill:var(--good)}rect.warm,.warm rect{fill:var(--warm)}rect.bad,.bad rect{fill:url(#bad)}
rect.pale,.pale rect{fill:url(#pale)}rect.other,.other rect{fill:url(#other)}
.bad-line{stroke:var(--bad)}.bad-ground{fill:var(--bad);fill-opacity:.3}
.pale-line{stroke:var(--pale)}.pale-ground{fill:var(--pale);fill-opacity:.35}
.other-line{stroke:var(--other)}.other-ground{fill:var(--other);fill-opacity:.25}
.series path.line{fill:none;stroke-width:2.5}.series.good path.line{stroke:var(--good)}
.series.pale path.line{stroke:var(--pale);stroke-dasharray:7 4}
.series.other path.line{stroke:var(--other);stroke-dasharray:10 3 2 3}
.series.warm path.line{stroke:var(--warm);stroke-dasharray:2 4}
.good circle{fill:var(--good)}.pale circle{fill:var(--pale)}.other circle{fill:var(--other)}
.warm circle{fill:var(--warm)}
.ci path,.ci line{stroke:var(--ink);stroke-width:1.5;fill:none}
@media (prefers-color-scheme:dark){:root{--good:#4fc3ad;--pale:#8ea3ba;--other:#b9a8ff;--warm:#eabf66;--bad:#ff9389;
--ink:#e6eaef;--words:#a9b5c2;--guide:#2a3440;--axis:#4a5866}}
"""
SVG = "http://www.w3.org/2000/svg"
PLOT_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
CHART: dict[Shape, Callable[..., Any]] = {
    Shape.BARS: pygal.Bar,
    Shape.STACKED: pygal.StackedBar,
    Shape.LYING: pygal.HorizontalBar,
    Shape.LYING_STACKED: pygal.HorizontalStackedBar,
    Shape.LINES: pygal.Line,
    Shape.STEPS: pygal.XY,
    Shape.RANGES: pygal.Line,
}


class PlotSize(StrEnum):
    LARGE = "large"
    SMALL = "small"  # for narrow screens, where a scaled one could not be read


@dataclass(frozen=True, slots=True)
class Frame:
    """The size of a plot in its own units; the page scales it."""

    width: int
    height: int


def frame_of(chart: Chart, size: PlotSize) -> Frame:
    """The frame of a plot. Bars that lie need height, the others do not."""
    width = 520 if size == PlotSize.LARGE else 330
    bars = len(chart.labels) * (1 if chart.stacked else len(chart.series))
    return Frame(width, 64 + max(80, bars * (30 if chart.stacked else 20)) if chart.lies else 250)


def draw(chart: Chart, size: PlotSize = PlotSize.LARGE) -> bytes:
    """The plot as a whole SVG document."""
    made = CHART[chart.shape](**_options(chart, frame_of(chart, size)))
    if not chart.series or not chart.labels:
        return _document(made.render_tree(), [])
    most = 100 if chart.unit == Unit.PERCENT else None
    ticks = even_ticks(*_bounds(chart), most, whole=chart.unit == Unit.COUNT)
    made.y_labels = ticks
    made.range = (ticks[0], ticks[-1])
    percent = "%" if chart.unit == Unit.PERCENT else ""
    made.value_formatter = lambda value: (
        format_compact_decimal(value, locale=ENGLISH, fraction_digits=1) + percent
    )
    if chart.shape == Shape.STEPS:
        made.x_labels = [
            {"value": at, "label": label} for at, label in zip(chart.at, chart.labels, strict=True)
        ]
        made.xrange = (0, max(chart.at, default=1))
    else:
        made.x_labels = _labels(chart, size)
    for series in chart.series:
        made.add(series.name, list(_points(chart, series)))
    return _document(made.render_tree(), chart.tones)


def _labels(chart: Chart, size: PlotSize) -> list[str]:
    if chart.months:
        return month_labels(chart.labels, 12 if size == PlotSize.LARGE else 6)
    return list(reversed(chart.labels)) if chart.lies else list(chart.labels)


def _points(chart: Chart, series: Series) -> Iterator[Any]:
    match chart.shape:
        case Shape.STEPS:
            yield from _stairs(series.at, series.values, max(chart.at, default=0.0))
        case Shape.LYING | Shape.LYING_STACKED:
            yield from reversed(series.values)
        case Shape.RANGES:
            for value, low, high in zip(series.values, series.low, series.high, strict=True):
                yield None if value is None else {"value": value, "ci": {"low": low, "high": high}}
        case _:
            yield from series.values


def _stairs(at: Sequence[float], values: Sequence[float | None], end: float) -> Iterator[tuple[float, float]]:
    """The corners of a line that holds its height until the next value, as far as the axis goes."""
    height: float | None = None
    for x, value in zip(at, values, strict=True):
        if value is None:
            return
        if height is not None:
            yield min(x, end), height
        if x > end:
            return
        yield x, value
        height = value


def _bounds(chart: Chart) -> tuple[float, float]:
    """The least and the largest value that must fit; a stack is as high as its parts together."""
    rows = [[v or 0.0 for v in series.values] for series in chart.series]
    if chart.stacked:
        sums = [sum(parts) for parts in zip(*rows, strict=True)]
        return 0.0, max(sums, default=0.0)
    ends = [v for s in chart.series for v in (*s.low, *s.high) if v is not None]
    found = [v for row in rows for v in row] + ends
    return min(found, default=0.0), max(found, default=0.0)


def even_ticks(
    least: float, largest: float, most: float | None = None, *, whole: bool = False
) -> list[float]:
    """Round steps around zero and both ends: `even_ticks(0, 316)` is 0, 100, 200, 300, 400. `most`: never above;
    `whole`: no halves."""
    if most is not None and largest > most * 0.8:
        largest = most
    top, bottom = max(largest, 0.0), min(least, 0.0)
    span = max(top - bottom, 4.0 if whole else 1.0)
    power = 10.0 ** math.floor(math.log10(span / 4))
    steps = (m * power for m in (1, 2, 2.5, 5, 10, 20) if m * power * 4 >= span)
    step = next(step for step in steps if not whole or step == int(step))
    first, last = math.floor(bottom / step), max(math.ceil(top / step), 1)
    return [step * n for n in range(first, last + 1)]


def month_labels(months: Sequence[str], room: int) -> list[str]:
    """`["Dec", "Jan", "Feb"]` where there is room for all, else every so many with the year: `["Dec 25", ""]`."""
    every = -(-len(months) // room)
    labels = []
    for position, month in enumerate(months):
        day = date.fromisoformat(f"{month}-01")
        pattern = "MMM yy" if every > 2 else "MMM"
        labels.append(format_date(day, pattern, ENGLISH) if position % every == 0 else "")
    return labels


def _options(chart: Chart, frame: Frame) -> dict[str, Any]:
    return {
        "width": frame.width,
        "height": frame.height,
        "js": (),
        "show_legend": len(chart.series) > 1,
        "legend_at_bottom": True,
        "legend_at_bottom_columns": _legend_columns(chart, frame),
        "legend_box_size": 10,
        "margin": 8,
        "spacing": 12,
        "truncate_label": -1,
        "truncate_legend": -1,
        "rounded_bars": 2,
        "print_values": False,
        "no_data_text": "nothing yet",
        "x_label_rotation": 0,
        "stroke": chart.shape != Shape.RANGES,
        "show_dots": chart.shape in (Shape.LINES, Shape.RANGES),
        "dots_size": 3 if chart.shape == Shape.LINES else 5,
    }


def _legend_columns(chart: Chart, frame: Frame) -> int:
    """As many names side by side as have room. pygal leaves no room for a last row that is not full."""
    count = len(chart.series)
    longest = max((len(series.name) for series in chart.series), default=1)
    room = max(1, int(frame.width / (longest * 7 + 30)))
    return next((n for n in range(min(count, room), 0, -1) if count % n == 0), 1)


def _document(tree: Any, tones: Sequence[Tone]) -> bytes:
    """pygal's geometry without its script, style and tool tips, with our style, its tones and hatches."""
    names = {f"color-{place}": tone.value for place, tone in enumerate(tones)}
    for parent in list(tree.iter()):
        if "class" in parent.attrib:
            parent.set("class", " ".join(names.get(word, word) for word in parent.attrib["class"].split()))
        for child in list(parent):
            tag = child.tag if isinstance(child.tag, str) else ""
            tips = "tooltip-overlay" in child.get("class", "")
            if tag.rpartition("}")[2] in ("script", "style", "desc", "title") or tips or not tag:
                parent.remove(child)
    style = ElementTree.Element("style")
    style.text = STYLE
    tree.insert(0, style)
    tree.insert(1, _hatches())
    tree.set("xmlns", SVG)
    text: bytes = ElementTree.tostring(tree, encoding="utf-8")
    return text


def _hatches() -> ElementTree.Element:
    """Fills of the tones that are hatched: what stands on each other differs in grey as well."""
    defs = ElementTree.Element("defs")
    for tone, turn in ((Tone.PALE, "45"), (Tone.OTHER, "-45"), (Tone.BAD, "90")):
        pattern = ElementTree.SubElement(defs, "pattern", id=tone.value, width="6", height="6")
        pattern.set("patternUnits", "userSpaceOnUse")
        pattern.set("patternTransform", f"rotate({turn})")
        pattern.append(ElementTree.Element("rect", {"class": f"{tone}-ground", "width": "6", "height": "6"}))
        line = {"class": f"{tone}-line", "x1": "0", "y1": "0", "x2": "0", "y2": "6", "stroke-width": "5"}
        pattern.append(ElementTree.Element("line", line))
    return defs
