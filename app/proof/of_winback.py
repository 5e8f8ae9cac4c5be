"""The report of win-back with what the proof says of it beside it: counts alone credit what would have come anyway."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Group
from rich.text import Text
from sqlalchemy.orm import Session

from app.cases.states import CaseKind
from app.proof import tables
from app.proof.reading import ProofView, latest
from app.stats import winback_tables
from app.stats.tables import Format
from app.stats.winback import WinbackReport


def looks(session: Session, currency: str | None = None) -> list[ProofView]:
    """The newest look at win-back in each currency; none before somebody was held out."""
    return [view for view in latest(session, currency) if view.experiment == CaseKind.WINBACK]


def as_json(report: WinbackReport, views: list[ProofView]) -> dict[str, Any]:
    """The report as the API answers it, with `proof` as in /api/stats/proof."""
    proof = tables.as_json(views, report.made_at, report.currency)["data"]
    return {**winback_tables.as_json(report), "proof": proof}


def write(report: WinbackReport, views: list[ProofView], form: Format) -> str | Group:
    """The report in the wished shape; the CSV has rows of one kind only, so no proof."""
    match form:
        case Format.JSON:
            return json.dumps(as_json(report, views), indent=2)
        case Format.CSV:
            return winback_tables.as_csv(report)
        case Format.TABLE:
            return Group(winback_tables.as_table(report), "", Text(tables.as_text(views)))
