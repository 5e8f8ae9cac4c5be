"""The report of cancellations as JSON, CSV or a table for people: the command line and the API share these."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, fields
from typing import Any

from rich.table import Table

from app.stats.cancellations import CancelReport, CancelRow
from app.stats.cancellations_rules import CancelFigures, Share
from app.stats.rules import ALL_CAUSES, EARLIEST, LATEST, Window
from app.stats.tables import Format, instant

MILESTONES = (30, 60, 90)
COLUMNS = [
    "group",
    "name",
    *(f.name for f in fields(CancelFigures)),
    *(f"pending_{days}" for days in MILESTONES),
    "save_rate",
]
SHOWN = ("cases", "saved", "cancelled", "undone", "abandoned", "manual")
NARROW = {
    "cancelled": "cancel-\nled",
    "undone": "un-\ndone",
    "abandoned": "aban-\ndoned",
    "manual": "man-\nual",
}
"""What fits a terminal of 80 columns; JSON and CSV tell the rest."""


def share_words(share: Share) -> str:
    """`41.7 %`, or a dash where there is nothing to share."""
    return "–" if share.value is None else f"{share.value * 100:.1f} %"


def parts_words(share: Share) -> str:
    """`3/4`, or a dash where nothing is known yet."""
    return f"{share.numerator}/{share.denominator}" if share.denominator else "–"


def days_of(window: Window) -> dict[str, str | None]:
    """The two days of a window as the API tells them; None where it is open."""
    return {
        "from": None if window.first == EARLIEST else window.first.isoformat(),
        "to": None if window.last == LATEST else window.last.isoformat(),
    }


def as_json(report: CancelReport) -> dict[str, Any]:
    """The report as the API answers it."""
    return {
        "by": report.by.value,
        **days_of(report.window),
        "currency": report.currency,
        "made_at": instant(report.made_at),
        "note": ALL_CAUSES,
        "data": [_flat(row) for row in report.rows],
    }


def _flat(row: CancelRow) -> dict[str, Any]:
    rate = row.figures.save_rate.value
    return {
        "group": row.group,
        "name": row.name,
        **asdict(row.figures),
        **{f"pending_{days}": row.figures.pending(days) for days in MILESTONES},
        "save_rate": None if rate is None else round(rate, 6),
    }


def as_csv(report: CancelReport) -> str:
    """The report as CSV with a header line; empty cells for what is not known."""
    return csv_of(COLUMNS, (_flat(row) for row in report.rows))


def csv_of(columns: list[str], rows: Any) -> str:
    """Rows under a header line, which stands there also without rows."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def as_table(report: CancelReport) -> Table:
    """The report for a terminal."""
    table = Table(
        title=f"Cancellations by {report.by}",
        caption="save rate = saved / (saved + cancelled + manual); kept: of the saved of whom it is\n"
        f"known, so many days after the first full price was paid;\n{ALL_CAUSES}",
        caption_justify="left",
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column(report.by.value)
    for head in (*SHOWN, "save\nrate", *(f"kept\n{days}" for days in MILESTONES)):
        table.add_column(NARROW.get(head, head), justify="right")
    for row in report.rows:
        counts = [str(getattr(row.figures, name)) for name in SHOWN]
        kept = [parts_words(row.figures.kept(days)) for days in MILESTONES]
        table.add_row(row.name or row.group, *counts, share_words(row.figures.save_rate), *kept)
    return table


def write(report: CancelReport, form: Format) -> str | Table:
    """The report in the wished shape: text for `json` and `csv`, a rich table for `table`."""
    match form:
        case Format.JSON:
            return json.dumps(as_json(report), indent=2)
        case Format.CSV:
            return as_csv(report)
        case Format.TABLE:
            return as_table(report)
