"""A table of the dashboard as one value: the page, the CSV and the plot beside it all come from it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.core.money import Money
from app.ops.charts import Chart
from app.stats.cancellations_rules import Share
from app.stats.cancellations_tables import share_words
from app.stats.definitions import DEFINITIONS, Definition
from app.stats.rules import Rate
from app.stats.tables import money_words, rate_words

Cell = str | int | float | Money | Rate | Share | None
FORMULA = ("=", "+", "-", "@", "\t")


@dataclass(frozen=True, slots=True)
class Column:
    """`means`: a name of app/stats/definitions.py, or empty; it is the headline too where there is no `head`.
    `text`: its cells are words, not numbers."""

    means: str = ""
    head: str = ""
    text: bool = False

    @property
    def title(self) -> str:
        return self.head or DEFINITIONS[self.means].title

    @property
    def definition(self) -> Definition | None:
        return DEFINITIONS.get(self.means)


@dataclass(frozen=True, slots=True)
class Line:
    """A row under its first column. `moves`: a month whose figures have not settled; `href`: where it leads."""

    head: str
    cells: tuple[Cell, ...]
    moves: bool = False
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """`head` names the first column; `empty` is what is said instead of a table without lines."""

    title: str
    head: str
    columns: tuple[Column, ...]
    lines: Sequence[Line]
    empty: str = "Nothing yet in this time."
    notes: tuple[str, ...] = ()
    chart: Chart | None = None
    heat: bool = False  # cells are shaded by their share
    still: str = "* still moves until 30 days after the month's end"

    @property
    def moving(self) -> bool:
        return any(line.moves for line in self.lines)


def csv_of(sheet: Sheet) -> str:
    """The table as CSV: amounts in major units with the currency in the headline, a share as two counts, a rate as a
    fraction, an empty cell for what is not known."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    shapes = [_shape(sheet, position) for position in range(len(sheet.columns))]
    writer.writerow(
        [sheet.head, *(h for c, s in zip(sheet.columns, shapes, strict=True) for h in _heads(c, s))]
    )
    for line in sheet.lines:
        values = [v for cell, shape in zip(line.cells, shapes, strict=True) for v in _values(cell, shape)]
        writer.writerow([_harmless(line.head), *values])
    return out.getvalue()


def _shape(sheet: Sheet, position: int) -> Cell:
    """Any cell of a column that is known: all of a column are of one kind."""
    return next((line.cells[position] for line in sheet.lines if line.cells[position] is not None), None)


def _heads(column: Column, shape: Cell) -> list[str]:
    match shape:
        case Money():
            return [f"{column.title} ({shape.currency.upper()})"]
        case Share():
            return [column.title, f"{column.title}, of"]
        case _:
            return [column.title]


def _values(cell: Cell, shape: Cell) -> list[str | int | float | Decimal]:
    match cell:
        case None:
            return ["", ""] if isinstance(shape, Share) else [""]
        case Money():
            return [cell.to_decimal()]
        case Share():
            return [cell.numerator, cell.denominator]
        case Rate():
            return [round(cell.value, 6) if cell.value is not None else ""]
        case str():
            return [_harmless(cell)]
        case _:
            return [cell]


def _harmless(text: str) -> str:
    """A stranger's words that a spreadsheet would take for a formula stay words."""
    return f"'{text}" if text.startswith(FORMULA) else text


def shown(cell: Cell) -> str:
    """A cell as people read it; a dash for what is not known."""
    match cell:
        case None:
            return "–"
        case Money():
            return money_words(cell.amount_minor, cell.currency)
        case Rate():
            return rate_words(cell)
        case Share():
            return share_words(cell)
        case float():
            return f"{cell:.1f}"
        case int():
            return f"{cell:,}"
        case _:
            return cell


def parts(cell: Cell) -> str:
    """The two counts of a share, which is never shown without them; else empty."""
    return f"{cell.numerator}/{cell.denominator}" if isinstance(cell, Share) and cell.denominator else ""


def heat(cell: Cell) -> str:
    """How dark a cell of a share is, `heat-0` to `heat-10`; empty where there is none."""
    value = cell.value if isinstance(cell, Share) else None
    return "" if value is None else f"heat-{round(value * 10)}"


def meanings(sheets: Iterable[Sheet], more: Iterable[str] = ()) -> list[Definition]:
    """Every definition that a page needs, once each, in the order of the page."""
    names = [*more, *(column.means for sheet in sheets for column in sheet.columns)]
    return [DEFINITIONS[name] for name in dict.fromkeys(names) if name in DEFINITIONS]
