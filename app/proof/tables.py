"""The report as text, JSON or CSV: the command line and the API share these. Every number fits every other one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from app.proof.reading import Numbers, ProofView
from app.proof.wording import (
    CONTROLS,
    checks_line,
    counts_line,
    guardrail_lines,
    net_kept_line,
    open_line,
    secondary_lines,
    title,
)
from app.stats.cancellations_tables import csv_of
from app.stats.tables import Format, instant, money_words

NOBODY = "Nobody is held out, so nothing can be proven. Set `[experiments] holdout_share`; `reclaim doctor` says what "
NOBODY += "it would show and cost."
AMOUNTS = (
    "at_risk_minor",
    "collected_minor",
    "incremental_minor",
    "lower_minor",
    "upper_minor",
    "anyway_minor",
    "anyway_lower_minor",
    "anyway_upper_minor",
)
PARTS = ("received_minor", "in_kind_minor", "discount_minor")
YEAR = ("closed_through", "treated", "held_out", *PARTS, "incremental_minor", "lower_minor", "upper_minor")
SECONDARY = (
    *PARTS,
    "net_kept_minor",
    "cancelled_treated",
    "cancelled_held_out",
    "save_rate_net",
    *(f"year_{name}" for name in YEAR),
)
"""What decides nothing: net revenue kept in its parts, who cancelled, and the same within 365 days."""
COLUMNS = [
    "experiment",
    "control",
    "currency",
    "since",
    "closed_through",
    "treated",
    "held_out",
    "still_watched",
    *AMOUNTS,
    "share",
    "half",
    "verdict",
    "words",
    "looked_at",
    *SECONDARY,
]


def as_json(views: Sequence[ProofView], now: datetime, currency: str | None = None) -> dict[str, Any]:
    """The report as the API answers it."""
    return {
        "currency": currency,
        "made_at": instant(now),
        "note": "closed cohorts only; intervals hold at every look; never summed across currencies",
        "data": [_row(view) | _rest(view) for view in views],
    }


def _row(view: ProofView) -> dict[str, Any]:
    numbers = view.numbers
    return {
        "experiment": view.experiment,
        "control": view.control,
        "currency": view.currency,
        "since": view.since,
        "closed_through": view.closed_through,
        "treated": view.treated,
        "held_out": view.held_out,
        "still_watched": view.open_customers,
        **{name: getattr(numbers, name) if numbers else None for name in AMOUNTS},
        "share": round(numbers.share, 6) if numbers else None,
        "half": round(numbers.half, 6) if numbers else None,
        "verdict": view.verdict.value,
        "words": view.words,
        "looked_at": instant(view.looked_at),
        **_secondary(view),
    }


def _secondary(view: ProofView) -> dict[str, Any]:
    kept, cancelled, year = view.net_kept, view.cancelled, view.year
    return {
        **{name: getattr(kept.parts, name) if kept else None for name in PARTS},
        "net_kept_minor": kept.net_minor if kept else None,
        "cancelled_treated": _rounded(cancelled.treated if cancelled else None),
        "cancelled_held_out": _rounded(cancelled.held_out if cancelled else None),
        "save_rate_net": _rounded(cancelled.save_rate_net if cancelled else None),
        **{f"year_{name}": getattr(year, name) if year else None for name in YEAR},
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 6)


def _rest(view: ProofView) -> dict[str, Any]:
    passed = view.self_check_passed_at
    return {
        "control_gets": CONTROLS.get(view.control, view.control),
        "cohorts": [asdict(cohort) for cohort in view.cohorts],
        "guardrails": [{"name": name, **found} for name, found in view.guardrails.items()],
        "sample_ratio_p": view.ratio_p,
        "self_check_passed_at": instant(passed) if passed else None,
    }


def as_csv(views: Sequence[ProofView]) -> str:
    """The report as CSV with a header line; empty cells where no number may be said."""
    return csv_of(COLUMNS, map(_row, views))


def as_text(views: Sequence[ProofView]) -> str:
    """The report for people, a block an experiment and currency."""
    return "\n\n".join("\n".join(block(view)) for view in views) if views else NOBODY


def block(view: ProofView) -> list[str]:
    """The lines of one report. The interval stands before the verdict, and no number before thirty customers."""
    lines = [title(view), counts_line(view)]
    if view.numbers:
        lines += _amounts(view.numbers, view.currency)
    kept = net_kept_line(view)
    lines += [kept] if kept else []
    lines.append(f"Verdict: {view.words}")
    lines += secondary_lines(view)
    guards = guardrail_lines(view)
    lines += [" · ".join(guards)] if guards else []
    still = open_line(view)
    lines += [still] if still else []
    return [*lines, checks_line(view)]


def _amounts(n: Numbers, currency: str) -> list[str]:
    def money(minor: int) -> str:
        return money_words(minor, currency)

    rows = [
        ("Treated, at risk:", money(n.at_risk_minor), ""),
        ("Collected:", money(n.collected_minor), f"({n.collected_share * 100:.1f} %)"),
        ("Incremental:", money(n.incremental_minor), _between(money(n.lower_minor), money(n.upper_minor))),
        (
            "Would have come anyway:",
            money(n.anyway_minor),
            _between(money(n.anyway_lower_minor), money(n.anyway_upper_minor)),
        ),
    ]
    wide = max(len(amount) for _, amount, _ in rows)
    return [f"{what:<24}{amount:>{wide}}  {rest}".rstrip() for what, amount, rest in rows]


def _between(lower: str, upper: str) -> str:
    return f"[{lower} .. {upper}]  always-valid 95 %"


def write(views: Sequence[ProofView], form: Format, now: datetime, currency: str | None = None) -> str:
    """The report in the wished shape."""
    match form:
        case Format.JSON:
            return json.dumps(as_json(views, now, currency), indent=2)
        case Format.CSV:
            return as_csv(views)
        case Format.TABLE:
            return as_text(views)
