"""A report as JSON, CSV or a table for people: the command line and the API share these."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from babel import Locale
from rich.table import Table

from app.core.i18n import format_money
from app.core.money import Money
from app.stats.recovery import Report, Row
from app.stats.rules import ALL_CAUSES, EARLIEST, LATEST, NOT_MEASURED, Population, Rate

ENGLISH = Locale("en")
PARTS = ("at_risk", "recovered", "silent", "open", "lost", "late", "ended", "returned")


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def money_words(amount_minor: int, currency: str) -> str:
    """`money_words(452000, "usd")` is `$4,520.00`; a word that is no currency is written behind the number."""
    return format_money(Money(amount_minor, currency), ENGLISH)


def rate_words(rate: Rate) -> str:
    """`55.5 %`, or a dash where nothing was at risk."""
    return "–" if rate.value is None else f"{rate.value * 100:.1f} %"


def instant(at: datetime) -> str:
    """RFC 3339, UTC."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def as_json(report: Report) -> dict[str, Any]:
    """The report as the API answers it."""
    window = report.window
    return {
        "by": report.by.value,
        "from": None if window.first == EARLIEST else window.first.isoformat(),
        "to": None if window.last == LATEST else window.last.isoformat(),
        "currency": report.currency,
        "made_at": instant(report.made_at),
        "note": f"{ALL_CAUSES}; {NOT_MEASURED}",
        "data": [_json_row(row) for row in report.rows],
    }


def _json_row(row: Row) -> dict[str, Any]:
    sums = {
        part: {
            "invoices": getattr(row.figures, f"{part}_count"),
            "amount": {"amount_minor": getattr(row.figures, f"{part}_minor"), "currency": row.currency},
        }
        for part in PARTS
    }
    return {
        "group": row.group,
        "currency": row.currency,
        "population": row.population.value,
        "cohort_closed": row.closed,
        **sums,
        "recovery_rate": _json_rate(row.figures.rate),
        "recovery_rate_after_mail": _json_rate(row.figures.rate_after_mail),
        "incremental": None,  # against a hold-out: not measured yet
    }


def _json_rate(rate: Rate) -> dict[str, Any]:
    value = None if rate.value is None else round(rate.value, 6)
    return {
        "numerator_minor": rate.numerator_minor,
        "denominator_minor": rate.denominator_minor,
        "value": value,
    }


def flat_rows(report: Report) -> list[dict[str, Any]]:
    """One flat mapping a row: the columns of the CSV."""
    flat = []
    for row in map(_json_row, report.rows):
        line = {k: row[k] for k in ("group", "currency", "population", "cohort_closed")}
        for part in PARTS:
            line[f"{part}_invoices"] = row[part]["invoices"]
            line[f"{part}_minor"] = row[part]["amount"]["amount_minor"]
        for rate in ("recovery_rate", "recovery_rate_after_mail"):
            line |= {f"{rate}_{k}": v for k, v in row[rate].items()}
        flat.append(line)
    return flat


def columns() -> list[str]:
    """The header of the CSV, also of one without rows."""
    sums = [f"{part}_{what}" for part in PARTS for what in ("invoices", "minor")]
    rates = [
        f"{rate}_{what}"
        for rate in ("recovery_rate", "recovery_rate_after_mail")
        for what in ("numerator_minor", "denominator_minor", "value")
    ]
    return ["group", "currency", "population", "cohort_closed", *sums, *rates]


def as_csv(report: Report) -> str:
    """The report as CSV with a header line; empty cells for what is not known."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns(), lineterminator="\r\n")
    writer.writeheader()
    for line in flat_rows(report):
        writer.writerow({k: str(v).lower() if isinstance(v, bool) else v for k, v in line.items()})
    return out.getvalue()


def as_table(report: Report) -> Table:
    """The report for a terminal. Rates carry their two parts, and what they do not say."""
    table = Table(
        title=f"Recovery by {report.by}",
        caption=f"rate = recovered / at risk: {ALL_CAUSES}; {NOT_MEASURED}",
        caption_justify="left",
    )
    heads = [
        report.by.value,
        "invoices",
        "at risk",
        "recovered",
        "rate",
        "before mail",
        "open",
        "lost",
        "late",
    ]
    for position, head in enumerate(heads):
        table.add_column(head, justify="left" if position == 0 else "right")
    for row in report.rows:
        table.add_row(*_table_row(row))
    return table


def _table_row(row: Row) -> list[str]:
    figures = row.figures
    marks = "" if row.closed is not False else " (running)"
    trial = " (first charge after trial)" if row.population == Population.FIRST_AFTER_TRIAL else ""
    amounts = ("at_risk", "recovered", "silent", "open", "lost", "late")
    words = {part: money_words(getattr(figures, f"{part}_minor"), row.currency) for part in amounts}
    return [
        f"{row.group}{marks}{trial}",
        str(figures.at_risk_count),
        words["at_risk"],
        words["recovered"],
        rate_words(figures.rate),
        words["silent"],
        words["open"],
        words["lost"],
        words["late"],
    ]


def write(report: Report, form: Format) -> str | Table:
    """The report in the wished shape: text for `json` and `csv`, a rich table for `table`."""
    match form:
        case Format.JSON:
            return json.dumps(as_json(report), indent=2)
        case Format.CSV:
            return as_csv(report)
        case Format.TABLE:
            return as_table(report)
