"""The report of renewals as JSON, CSV or a table for people: the command line and the API share these."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any

from rich.table import Table

from app.stats.cancellations_rules import Share
from app.stats.cancellations_tables import csv_of, days_of, share_words
from app.stats.renewals import RenewalReport, RenewalRow
from app.stats.renewals_rules import RenewalBy, RenewalFigures
from app.stats.tables import Format, instant

PLACES = [f.name for f in fields(RenewalFigures)]
COLUMNS = ["group", "name", "term", "due", *PLACES, "renewal_rate"]


def as_json(report: RenewalReport) -> dict[str, Any]:
    """The report as the API answers it."""
    return {
        "by": report.by.value,
        **days_of(report.window),
        "currency": report.currency,
        "made_at": instant(report.made_at),
        "data": _rows(report),
    }


def _rows(report: RenewalReport) -> list[dict[str, Any]]:
    return [_flat(row, report.by) for row in report.rows]


def _rate(row: RenewalRow, by: RenewalBy) -> Share:
    """Those of one reason were not renewed, and have no rate."""
    return Share(0, 0) if by is RenewalBy.REASON else row.figures.rate


def _flat(row: RenewalRow, by: RenewalBy) -> dict[str, Any]:
    rate = _rate(row, by).value
    return {
        "group": row.group,
        "name": row.name,
        "term": row.term,
        "due": row.figures.due,
        **asdict(row.figures),
        "renewal_rate": None if rate is None else round(rate, 6),
    }


def as_csv(report: RenewalReport) -> str:
    """The report as CSV with a header line."""
    return csv_of(COLUMNS, _rows(report))


def as_table(report: RenewalReport) -> Table:
    """The report for a terminal."""
    table = Table(
        title=f"Renewals by {report.by}",
        caption="rate = renewed / due;\ndue is every term that ended, cancelled early or not",
        caption_justify="left",
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column(report.by.value)
    table.add_column("term")
    for head in ("due", *PLACES, "rate"):
        table.add_column(head, justify="right")
    for row in report.rows:
        counts = [str(n) for n in (row.figures.due, *asdict(row.figures).values())]
        table.add_row(row.name or row.group, row.term, *counts, share_words(_rate(row, report.by)))
    return table


def write(report: RenewalReport, form: Format) -> str | Table:
    """The report in the wished shape: text for `json` and `csv`, a rich table for `table`."""
    match form:
        case Format.JSON:
            return json.dumps(as_json(report), indent=2)
        case Format.CSV:
            return as_csv(report)
        case Format.TABLE:
            return as_table(report)
