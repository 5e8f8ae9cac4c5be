"""The report of retention as JSON, CSV or a table for people: the command line and the API share these."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Group
from rich.table import Table

from app.stats.cancellations_rules import Share
from app.stats.cancellations_tables import csv_of, days_of, parts_words, share_words
from app.stats.retention import COHORT_MONTHS, CohortRow, RetentionReport, RetentionRow
from app.stats.retention_rules import STRUCTURAL_A_YEAR, RetentionBy, RetentionFigures
from app.stats.tables import Format, instant

COUNTS = (
    "at_start",
    "still_there",
    "voluntary",
    "involuntary",
    "structural",
    "avoidable",
    "joined",
    "joined_still_there",
    "at_end",
)
RATES = ("retention", "churn", "from_totals", "net_change", "structural_share")
COLUMNS = ["group", "name", "over", *COUNTS, *RATES]
COHORT_COLUMNS = ["month", "joined", *(f"after_{k}" for k in range(COHORT_MONTHS + 1))]
SHOWN = {
    "at_start": "start\nBC",
    "still_there": "there\nR",
    "voluntary": "own\nwish",
    "involuntary": "not\npaid",
    "joined": "joined",
    "at_end": "end\nRC",
}


def value(share: Share) -> float | None:
    """Rounded to a millionth; None where there is nothing to share."""
    return None if share.value is None else round(share.value, 6)


def flat(figures: RetentionFigures) -> dict[str, Any]:
    """The figures as columns."""
    return {
        **{name: getattr(figures, name) for name in COUNTS},
        **{name: value(getattr(figures, name)) for name in RATES},
    }


def as_json(report: RetentionReport) -> dict[str, Any]:
    """The report as the API answers it: `data` holds rows, or cohorts."""
    return {
        "by": report.by.value,
        **days_of(report.window),
        "currency": report.currency,
        "made_at": instant(report.made_at),
        "attrition": {**flat(report.attrition), "structural_a_year": STRUCTURAL_A_YEAR},
        "data": [_flat(r) for r in report.rows] + [_flat_cohort(c) for c in report.cohorts],
    }


def _flat(row: RetentionRow) -> dict[str, Any]:
    return {"group": row.group, "name": row.name, "over": row.over, **flat(row.figures)}


def _flat_cohort(row: CohortRow) -> dict[str, Any]:
    shares = {f"after_{k}": value(share) for k, share in enumerate(row.shares)}
    return {"month": row.month, "joined": row.joined, **shares}


def as_csv(report: RetentionReport) -> str:
    """The report as CSV with a header line; empty cells for what is not known."""
    if report.by is RetentionBy.COHORT:
        return csv_of(COHORT_COLUMNS, map(_flat_cohort, report.cohorts))
    return csv_of(COLUMNS, map(_flat, report.rows))


def as_table(report: RetentionReport) -> Group:
    """The report for a terminal; attrition stands below, beside what structural reasons take."""
    table = _cohort_table(report) if report.by is RetentionBy.COHORT else _table(report)
    return Group(table, *attrition_words(report.attrition))


def attrition_words(figures: RetentionFigures) -> list[str]:
    """`Attrition, yearly terms, last twelve months: 8.3 % (1/12); structural reasons alone take about 5 % a year.`"""
    if not figures.at_start:
        return ["Attrition: nobody had a yearly term twelve months ago."]
    told = f"{share_words(figures.churn)} ({parts_words(figures.churn)})"
    return [
        f"Attrition, yearly terms, last twelve whole months: {told}.",
        f"Structural reasons alone take about {STRUCTURAL_A_YEAR:.0%} a year.",
    ]


def _table(report: RetentionReport) -> Table:
    table = _grid(
        f"Retention by {report.by}",
        "retention = R / BC, churn = 1 - R / BC;\nnet change = (BC - RC) / BC, over all customers",
        [report.by.value, *SHOWN.values(), "reten-\ntion", "churn", "net\nchange"],
    )
    for row in report.rows:
        figures = row.figures
        name = f"{row.name or row.group}{' (running)' if row.over is False else ''}"
        counts = [str(getattr(figures, column)) for column in SHOWN]
        rates = [share_words(s) for s in (figures.retention, figures.churn, figures.net_change)]
        table.add_row(name, *counts, *rates)
    return table


def _cohort_table(report: RetentionReport) -> Table:
    heads = ["joined in", "joined", *(str(k) for k in range(COHORT_MONTHS + 1))]
    table = _grid(
        "Retention by cohort", "% still there at the end of that month, and of the months after", heads
    )
    for row in report.cohorts:
        cells = ["–" if s.value is None else f"{s.value * 100:.0f}" for s in row.shares]
        table.add_row(row.month, str(row.joined), *cells)
    return table


def _grid(title: str, caption: str, heads: list[str]) -> Table:
    table = Table(
        title=title,
        caption=caption,
        caption_justify="left",
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for position, head in enumerate(heads):
        table.add_column(head, justify="left" if position == 0 else "right")
    return table


def write(report: RetentionReport, form: Format) -> str | Group:
    """The report in the wished shape: text for `json` and `csv`, tables for `table`."""
    match form:
        case Format.JSON:
            return json.dumps(as_json(report), indent=2)
        case Format.CSV:
            return as_csv(report)
        case Format.TABLE:
            return as_table(report)
