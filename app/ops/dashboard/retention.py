"""Retention: who is still there, month by month and cohort by cohort, and the terms that were renewed."""

from __future__ import annotations

from collections.abc import Sequence

from app.ops.charts import Chart, Series, Shape
from app.ops.dashboard.desk import Desk, Filter, Maker, Section
from app.ops.dashboard.plans import plans
from app.ops.dashboard.renewals import TERMS, not_renewed, renewals_by
from app.ops.dashboard.survival import apart, curves_after
from app.ops.sheets import Cell, Column, Line, Sheet
from app.stats import retention
from app.stats.renewals_rules import RenewalBy
from app.stats.retention import COHORT_MONTHS, RetentionRow
from app.stats.retention_rules import STRUCTURAL_A_YEAR, RetentionBy, RetentionFigures

COLUMNS = tuple(
    Column(f"retention.{name}")
    for name in (
        "at_start", "still_there", "retention", "churn", "left_voluntary", "left_involuntary", "left_structural",
        "left_avoidable", "joined", "joined_still_there", "at_end", "net_change",
    )
)  # fmt: skip
NOTHING = (
    "Nothing yet: no customer has paid before this time. The figures begin with the first import of history."
)


def _cells(f: RetentionFigures) -> tuple[Cell, ...]:
    left = (f.voluntary, f.involuntary, f.structural, f.avoidable)
    joined = (f.joined, f.joined_still_there, f.at_end, f.net_change)
    return (f.at_start, f.still_there, f.retention, f.churn, *left, *joined)


def _rows(desk: Desk, by: RetentionBy) -> Sequence[RetentionRow]:
    view = desk.view
    return retention.rows(desk.session, by, desk.window, currency=view.currency, plan=view.plan, now=desk.now)


def by_month(desk: Desk) -> Sheet:
    """Newest first in the table, oldest first in the plot."""
    found = _rows(desk, RetentionBy.MONTH)
    over = [row for row in found if row.over]
    return Sheet(
        title="By month",
        head="Month",
        columns=COLUMNS,
        lines=[Line(row.group, _cells(row.figures), moves=not row.over) for row in reversed(found)],
        empty=NOTHING,
        notes=(
            "Churn and net change are not the same: newcomers hide those who left in net change, never in churn.",
        ),
        still="* the month is not over",
        chart=Chart(
            Shape.STACKED,
            tuple(row.group for row in over),
            (
                Series("By their own wish", tuple(float(row.figures.voluntary) for row in over)),
                Series("By a failed payment", tuple(float(row.figures.involuntary) for row in over)),
            ),
            "Customers who were there at the start of a month and left within it, by why.",
            months=True,
        ),
    )


def cohorts(desk: Desk) -> Sheet:
    """A line a month of joining; the darker, the more are still there."""
    view = desk.view
    found = retention.cohorts(desk.session, desk.window, currency=view.currency, plan=view.plan, now=desk.now)
    width = max((len(row.shares) for row in found), default=0)
    return Sheet(
        title="Cohorts: still there after so many months",
        head="Joined in",
        columns=(
            Column("retention.joined"),
            *(Column("retention.cohort", str(k)) for k in range(min(width, COHORT_MONTHS + 1))),
        ),
        lines=[
            Line(row.month, (row.joined, *row.shares, *[None] * (width - len(row.shares))))
            for row in reversed(found)
        ],
        empty=NOTHING,
        notes=("0 is the end of the month in which they joined.",),
        heat=True,
    )


def yearly(desk: Desk) -> Sheet:
    """Attrition beside what structural reasons take anyway."""
    found = retention.attrition(desk.session, currency=desk.view.currency, now=desk.now)
    known = found.at_start > 0
    structural = f"{STRUCTURAL_A_YEAR * 100:.0f} % a year"
    return Sheet(
        title="Attrition: yearly terms, the last twelve whole months",
        head="Customers",
        columns=(
            Column("retention.at_start"),
            Column("retention.attrition"),
            Column(head="Structural anyway", text=True),
            Column("retention.structural_share"),
        ),
        lines=[Line("with a yearly term", (found.at_start, found.churn, structural, found.structural_share))]
        if known
        else [],
        empty="Nothing yet: nobody had a yearly term twelve months ago.",
        notes=(
            "The filters of months and plans do not apply: attrition is of all that was yearly in a whole year.",
        ),
    )


def retention_by(by: RetentionBy, title: str, head: str) -> Maker:
    """The maker of one grouping of the whole time."""

    def make(desk: Desk) -> Sheet:
        lines = [
            Line(row.name or TERMS.get(row.group, row.group), _cells(row.figures)) for row in _rows(desk, by)
        ]
        notes = ("Of all plans.",) if desk.view.plan else ()
        return Sheet(title, head, COLUMNS, lines, empty=NOTHING, notes=notes)

    return make


SECTION = Section(
    name="retention",
    title="Retention",
    about="Of the paying customers at the start of a time, who is still there at its end.",
    sheets={
        "month": by_month,
        "cohort": cohorts,
        "attrition": yearly,
        "renewals": renewals_by(RenewalBy.MONTH, "Renewals by month", "Month"),
        "reason": not_renewed,
        "after_visit": curves_after("visit", "Still there after a visit to the cancel page"),
        "after_save": curves_after("save", "Still there after a save"),
        "after_return": curves_after("return", "Still there after a return"),
        "after_recovery": curves_after("recovery", "Still there after a recovery"),
        "apart": apart,
        "plan": retention_by(RetentionBy.PLAN, "By plan", "Plan"),
        "term": retention_by(RetentionBy.TERM, "By length of the term", "Term"),
        "renewals_plan": renewals_by(RenewalBy.PLAN, "Renewals by plan", "Plan"),
    },
    filters=frozenset({Filter.PERIOD, Filter.CURRENCY, Filter.PLAN}),
    plans=plans,
    folded=frozenset({"plan", "term", "renewals_plan"}),
)
