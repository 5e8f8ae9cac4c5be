"""The report of offers as JSON, CSV or tables for people: the command line and the API share these."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any

from rich.console import Group
from rich.table import Table

from app.stats.cancellations_tables import MILESTONES, csv_of, days_of, parts_words, share_words
from app.stats.offers import OfferReport, OfferRow
from app.stats.offers_holdout import Arm, Comparison
from app.stats.offers_rules import OfferFigures
from app.stats.rules import ALL_CAUSES
from app.stats.tables import Format, instant, money_words

COLUMNS = [
    "group",
    "name",
    "currency",
    *(f.name for f in fields(OfferFigures)),
    *(f"pending_{days}" for days in MILESTONES),
    "net_minor",
]
COUNTS = ("shown", "accepted", "applied", "failed", "declined", "expired")
AMOUNTS = ("cost", "discount", "received", "in_kind", "net")
NARROW = {
    "accepted": "ac-\ncepted",
    "applied": "ap-\nplied",
    "declined": "de-\nclined",
    "expired": "ex-\npired",
    "pending": "pen-\nding",
}
IN_MONEY = (
    "net: received after refunds and disputes, minus in kind;\n"
    "what offers bring in money, with its interval: reclaim stats proof"
)
NO_HOLD_OUT = (
    "against a hold-out: none is set ([experiments] holdout_share), so nothing says what offers change"
)


def as_json(report: OfferReport) -> dict[str, Any]:
    """The report as the API answers it."""
    return {
        "by": report.by.value,
        **days_of(report.window),
        "currency": report.currency,
        "made_at": instant(report.made_at),
        "note": ALL_CAUSES,
        "data": [_flat(row) for row in report.rows],
        "hold_out": [_comparison(c) for c in report.hold_out],
    }


def _flat(row: OfferRow) -> dict[str, Any]:
    return {
        "group": row.group,
        "name": row.name,
        "currency": row.currency,
        **asdict(row.figures),
        **{f"pending_{days}": row.figures.pending(days) for days in MILESTONES},
        "net_minor": row.figures.net_minor,
    }


def _comparison(found: Comparison) -> dict[str, Any]:
    share = found.share_difference
    return {
        "days": found.days,
        "currency": found.currency,
        "held_out": _arm(found.held_out, found.enough),
        "offered": _arm(found.offered, found.enough),
        "share_difference": None if share is None else round(share, 6),
        "enough": found.enough,
        "note": found.words,
    }


def _arm(arm: Arm, enough: bool) -> dict[str, Any]:
    """An arm's numbers; below 30 customers only how many there are."""
    share = arm.share.value
    return {
        "cases": arm.cases,
        "subscribed": arm.subscribed if enough else None,
        "share": round(share, 6) if enough and share is not None else None,
        "net_per_case_minor": arm.net_per_case_minor if enough else None,
    }


def as_csv(report: OfferReport) -> str:
    """The rows as CSV with a header line; the comparison with the hold-out stands in the JSON."""
    return csv_of(COLUMNS, (_flat(row) for row in report.rows))


def as_table(report: OfferReport) -> Group:
    """The report for a terminal: one table a currency, then the hold-out."""
    parts: list[Any] = []
    for currency in dict.fromkeys(row.currency for row in report.rows):
        rows = [row for row in report.rows if row.currency == currency]
        parts += [_counts(report, rows), _money(report, rows)]
    parts.append(_hold_out(report.hold_out) if report.hold_out else NO_HOLD_OUT)
    return Group(*parts)


def _counts(report: OfferReport, rows: list[OfferRow]) -> Table:
    table = _plain(
        f"Offers by {report.by}, {rows[0].currency.upper()}",
        "kept: of the applied of whom it is known, so many days after the first full price",
    )
    table.add_column(report.by.value)
    for head in (*COUNTS, *(f"kept\n{days}" for days in MILESTONES), "pending"):
        table.add_column(NARROW.get(head, head), justify="right")
    for row in rows:
        figures = row.figures
        counts = [str(getattr(figures, name)) for name in COUNTS]
        kept = [parts_words(figures.kept(days)) for days in MILESTONES]
        table.add_row(row.name or row.group, *counts, *kept, str(figures.pending(90)))
    return table


def _money(report: OfferReport, rows: list[OfferRow]) -> Table:
    table = _plain(
        f"Their money, {rows[0].currency.upper()}",
        f"net = received - in kind; the discount is missing from received already;\n{ALL_CAUSES}",
    )
    table.add_column(report.by.value)
    for name in AMOUNTS:
        table.add_column("booked" if name == "cost" else name.replace("_", " "), justify="right")
    for row in rows:
        amounts = [money_words(getattr(row.figures, f"{name}_minor"), row.currency) for name in AMOUNTS]
        table.add_row(row.name or row.group, *amounts)
    return table


def _hold_out(found: list[Comparison]) -> Table:
    table = _plain("Against the hold-out, per customer", IN_MONEY)
    for head in ("days", "still subscribed", "net", "difference"):
        table.add_column(head)
    for comparison in found:
        table.add_row(f"{comparison.days} {comparison.currency.upper()}", *compared_words(comparison))
    return table


def compared_words(found: Comparison) -> tuple[str, str, str]:
    """`62.5 % against 50.0 %`, `$20.00 against $14.50`, `+12.5 points`; or how many are missing."""
    if not found.enough:
        return "–", "–", found.words
    offered, held_out = found.offered, found.held_out
    money = [money_words(arm.net_per_case_minor or 0, found.currency) for arm in (offered, held_out)]
    shares = f"{share_words(offered.share)} against {share_words(held_out.share)}"
    return shares, f"{money[0]} against {money[1]}", f"{(found.share_difference or 0) * 100:+.1f} points"


def _plain(title: str, caption: str) -> Table:
    return Table(
        title=title, caption=caption, caption_justify="left", box=None, pad_edge=False, padding=(0, 1, 0, 0)
    )


def write(report: OfferReport, form: Format) -> str | Group:
    """The report in the wished shape: text for `json` and `csv`, tables for `table`."""
    match form:
        case Format.JSON:
            return json.dumps(as_json(report), indent=2)
        case Format.CSV:
            return as_csv(report)
        case Format.TABLE:
            return as_table(report)
