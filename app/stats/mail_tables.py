"""The mail report as JSON, CSV or a table for people: the command line and the API share these."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, fields
from typing import Any

from rich.table import Table

from app.stats.mail import MailFigures, MailReport, MailRow
from app.stats.rules import EARLIEST, LATEST
from app.stats.tables import Format, instant

COLUMNS = ["month", "campaign", *(f.name for f in fields(MailFigures)), "complaint_share"]
SHOWN = ("sent", "failed", "unknown", "bounced", "complained", "unsubscribed")
HYPHENATED = {"complained": "com-\nplained", "unsubscribed": "un-\nsubscribed"}
"""What fits a terminal of 80 columns; JSON and CSV tell the hard bounces apart."""


def share_words(figures: MailFigures) -> str:
    """`0.31 %`, or a dash where nothing was sent."""
    share = figures.complaint_share
    return "–" if share is None else f"{share * 100:.2f} %"


def as_json(report: MailReport) -> dict[str, Any]:
    """The report as the API answers it."""
    window = report.window
    return {
        "by": report.by.value,
        "from": None if window.first == EARLIEST else window.first.isoformat(),
        "to": None if window.last == LATEST else window.last.isoformat(),
        "made_at": instant(report.made_at),
        "data": [_flat(row) for row in report.rows],
    }


def _flat(row: MailRow) -> dict[str, Any]:
    share = row.figures.complaint_share
    rounded = None if share is None else round(share, 6)
    return {
        "month": row.month,
        "campaign": row.campaign,
        **asdict(row.figures),
        "complaint_share": rounded,
    }


def as_csv(report: MailReport) -> str:
    """The report as CSV with a header line; empty cells for what is not known."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(_flat(row) for row in report.rows)
    return out.getvalue()


def as_table(report: MailReport) -> Table:
    """The report for a terminal."""
    table = Table(
        title="Mails",
        caption="each in the month it was settled; share = complained / sent",
        caption_justify="left",
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for position, name in enumerate(("month", "campaign", *SHOWN, "share")):
        head = HYPHENATED.get(name, name)
        table.add_column(head, justify="left" if position < 2 else "right", no_wrap=position < 2)
    for row in report.rows:
        counts = [str(getattr(row.figures, name)) for name in SHOWN]
        table.add_row(row.month, row.campaign, *counts, share_words(row.figures))
    return table


def write(report: MailReport, form: Format) -> str | Table:
    """The report in the wished shape: text for `json` and `csv`, a rich table for `table`."""
    match form:
        case Format.JSON:
            return json.dumps(as_json(report), indent=2)
        case Format.CSV:
            return as_csv(report)
        case Format.TABLE:
            return as_table(report)
