"""Win-back: who lapsed, who was invited, who came back, and whether they stayed."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.money import Money
from app.ops.charts import Chart, Series, Shape
from app.ops.dashboard.desk import Desk, Filter, Maker, Section
from app.ops.dashboard.plans import plans
from app.ops.dashboard.proof import net_kept
from app.ops.pages import words
from app.ops.period import every_month
from app.ops.sheets import Cell, Column, Line, Sheet
from app.stats.winback import WinbackRow, report
from app.stats.winback_rules import MILESTONES, WinbackBy, WinbackFigures

COUNTS = ("lapses", "enrolled", "mailed", "clicked", "returned", "natural")
COLUMNS = (
    *(Column(f"winback.{name}") for name in COUNTS),
    Column("winback.return_rate"),
    Column("winback.held_out_rate"),
    Column("winback.received"),
    *(Column("winback.kept", f"Kept {days}") for days in MILESTONES),
)
NOTHING = (
    "Nothing yet: no subscription ended in this time. Win-back is switched on in reclaim.toml, [winback]."
)
RATES = "The return rate is to be compared with that of the held out, and with nothing else. Only the interval on the "
RATES += "overview says whether the difference is more than chance."


def rows(desk: Desk, by: WinbackBy) -> Sequence[WinbackRow]:
    if not desk.currency:
        return []
    return report(
        desk.session, by, desk.window, currency=desk.currency, plan=desk.view.plan, now=desk.now
    ).rows


def _line(row: WinbackRow, by: WinbackBy) -> Line:
    f = row.figures
    counts: tuple[Cell, ...] = tuple(getattr(f, name) for name in COUNTS)
    kept = tuple(f.kept(days) for days in MILESTONES)
    money = Money(f.received_minor, row.currency)
    return Line(_head(row, by), (*counts, f.return_rate, f.held_out_rate, money, *kept))


def _head(row: WinbackRow, by: WinbackBy) -> str:
    match by:
        case WinbackBy.STEP:
            return {"0": "no mail", "1": "1 mail"}.get(row.group, f"{row.group} mails")
        case WinbackBy.MONTH | WinbackBy.PLAN:
            return row.name or row.group
        case _:
            return words(row.group)


def by_month(desk: Desk) -> Sheet:
    """Newest first in the table, oldest first in the plot."""
    found = every_month(
        rows(desk, WinbackBy.MONTH),
        lambda row: row.group,
        lambda month: WinbackRow(month, None, desk.currency, WinbackFigures()),
    )
    return Sheet(
        title="By month of the end",
        head="Month",
        columns=COLUMNS,
        lines=[_line(row, WinbackBy.MONTH) for row in reversed(found)],
        empty=NOTHING,
        notes=(RATES,),
        chart=Chart(
            Shape.STACKED,
            tuple(row.group for row in found),
            _ways(found),
            "Lapsed subscribers of each month who came back, by which way.",
            months=True,
        ),
    )


def _ways(found: Sequence[WinbackRow]) -> tuple[Series, ...]:
    def series(name: str, *fields: str) -> Series:
        return Series(name, tuple(float(sum(getattr(r.figures, f) for f in fields)) for r in found))

    return (
        series("With an offer", "by_offer"),
        series("Our page", "by_page", "stayed"),
        series("By themselves", "natural"),
        series("Held out", "held_out_returned"),
    )


def lapses_by(by: WinbackBy, title: str, head: str) -> Maker:
    """The maker of one grouping."""

    def make(desk: Desk) -> Sheet:
        return Sheet(title, head, COLUMNS, [_line(row, by) for row in rows(desk, by)], empty=NOTHING)

    return make


SECTION = Section(
    name="winback",
    title="Win-back",
    about="Each subscription that ended, in the month of its end for ever, also if somebody comes back years later.",
    sheets={
        "month": by_month,
        "proof": net_kept("winback"),
        "kind": lapses_by(WinbackBy.KIND, "By kind of the end", "Kind"),
        "reason": lapses_by(WinbackBy.REASON, "By reason", "Reason"),
        "step": lapses_by(WinbackBy.STEP, "By mails sent", "Mails sent"),
        "offer": lapses_by(WinbackBy.OFFER, "By offer", "Offer"),
        "plan": lapses_by(WinbackBy.PLAN, "By plan", "Plan"),
    },
    filters=frozenset({Filter.PERIOD, Filter.CURRENCY, Filter.PLAN}),
    plans=plans,
    folded=frozenset({"step", "offer", "plan"}),
)
