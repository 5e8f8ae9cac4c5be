"""The report of win-back as JSON, CSV or a table for people; app/proof/of_winback.py puts the proof beside it."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from rich.table import Table

from app.stats.cancellations_tables import csv_of, days_of, parts_words, share_words
from app.stats.rules import ALL_CAUSES
from app.stats.tables import instant, money_words
from app.stats.winback import WinbackReport, WinbackRow
from app.stats.winback_rules import MILESTONES, WinbackFigures

COUNTS = [f.name for f in fields(WinbackFigures)]
RATES = ("return_rate", "held_out_rate")
COLUMNS = [
    "group",
    "name",
    "currency",
    *COUNTS,
    "returned",
    *(f"pending_{days}" for days in MILESTONES),
    *RATES,
]
SHOWN = {
    "lapses": "laps-\ned",
    "enrolled": "enrol-\nled",
    "mailed": "mail-\ned",
    "clicked": "click-\ned",
    "returned": "re-\nturned",
    "natural": "natu-\nral",
}


def as_json(report: WinbackReport) -> dict[str, Any]:
    """The report as the API answers it."""
    return {
        "by": report.by.value,
        **days_of(report.window),
        "currency": report.currency,
        "made_at": instant(report.made_at),
        "note": ALL_CAUSES,
        "data": [_flat(row) for row in report.rows],
    }


def _flat(row: WinbackRow) -> dict[str, Any]:
    figures = row.figures
    rates = {name: getattr(figures, name).value for name in RATES}
    return {
        "group": row.group,
        "name": row.name,
        "currency": row.currency,
        **asdict(figures),
        "returned": figures.returned,
        **{f"pending_{days}": figures.pending(days) for days in MILESTONES},
        **{name: None if rate is None else round(rate, 6) for name, rate in rates.items()},
    }


def as_csv(report: WinbackReport) -> str:
    """The report as CSV with a header line; empty cells for what is not known."""
    return csv_of(COLUMNS, map(_flat, report.rows))


def as_table(report: WinbackReport) -> Table:
    """The report for a terminal."""
    table = Table(
        title=f"Win-back by {report.by}",
        caption="returned: through our page; back: by whatever way, of the enrolled and of the\n"
        f"held out; kept: of the returned of whom it is known; {ALL_CAUSES}",
        caption_justify="left",
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column(report.by.value)
    for head in (*SHOWN.values(), "back", "held\nout", "received", "kept\n90"):
        table.add_column(head, justify="right")
    for row in report.rows:
        figures = row.figures
        table.add_row(
            row.name or row.group,
            *(str(getattr(figures, name)) for name in SHOWN),
            share_words(figures.return_rate),
            share_words(figures.held_out_rate),
            money_words(figures.received_minor, row.currency),
            parts_words(figures.kept(90)),
        )
    return table
