"""Renewals: of the terms that ended, how many were renewed, and why the rest was not."""

from __future__ import annotations

from collections.abc import Sequence

from app.ops.charts import Chart, Series, Shape
from app.ops.dashboard.desk import Desk, Maker
from app.ops.pages import words
from app.ops.sheets import Column, Line, Sheet
from app.stats import renewals
from app.stats.cancellations_rules import Share
from app.stats.renewals import RenewalRow
from app.stats.renewals_rules import Place, RenewalBy

RENEWALS = (
    Column(head="Term", text=True),
    *(Column(f"renewals.{name}") for name in ("due", "renewed", "rate", "pending", "cancelled", "unpaid")),
    Column("renewals.waived"),
)
NO_TERMS = "Nothing yet: no paid term ended in this time."
TERMS = {"month": "monthly", "year": "yearly"}


def _renewals(desk: Desk, by: RenewalBy) -> Sequence[RenewalRow]:
    view = desk.view
    return renewals.report(
        desk.session, by, desk.window, currency=view.currency, plan=view.plan, now=desk.now
    ).rows


def renewals_by(by: RenewalBy, title: str, head: str) -> Maker:
    """The maker of one grouping of terms, monthly and yearly ones apart."""

    def make(desk: Desk) -> Sheet:
        rows = _renewals(desk, by)
        by_term = sorted(rows, key=lambda row: row.term)
        found = sorted(by_term, key=lambda row: row.group, reverse=True) if by is RenewalBy.MONTH else rows
        return Sheet(title, head, RENEWALS, [_term(row) for row in found], empty=NO_TERMS)

    return make


def _term(row: RenewalRow) -> Line:
    f = row.figures
    term = TERMS.get(row.term, row.term)
    return Line(
        row.name or row.group, (term, f.due, f.renewed, f.rate, f.pending, f.cancelled, f.unpaid, f.waived)
    )


def not_renewed(desk: Desk) -> Sheet:
    """Why the rest was not renewed, as shares of all that was due of the same length."""
    found = _renewals(desk, RenewalBy.REASON)
    due: dict[str, int] = {}
    for row in found:
        due[row.term] = due.get(row.term, 0) + row.figures.due
    rest = [row for row in found if row.group != Place.RENEWED]
    return Sheet(
        title="Renewals: why the rest was not renewed",
        head="Reason",
        columns=(Column(head="Term", text=True), Column(head="Terms"), Column(head="Of all due")),
        lines=[
            Line(
                words(row.group),
                (TERMS.get(row.term, row.term), row.figures.due, Share(row.figures.due, due[row.term])),
            )
            for row in rest
        ],
        empty=NO_TERMS,
        chart=Chart(
            Shape.LYING,
            tuple(words(row.group) for row in rest if row.term == "month"),
            (Series("Terms", tuple(float(row.figures.due) for row in rest if row.term == "month")),),
            "Monthly terms that were not renewed, by reason.",
        ),
    )
