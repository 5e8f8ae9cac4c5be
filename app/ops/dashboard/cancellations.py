"""Cancellations: the reasons, the offers, and whether who was saved has stayed."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.money import Money
from app.ops.charts import Chart, Series, Shape, Unit
from app.ops.dashboard.desk import Desk, Filter, Maker, Section
from app.ops.dashboard.plans import plans
from app.ops.dashboard.proof import net_kept
from app.ops.pages import words
from app.ops.period import every_month
from app.ops.sheets import Cell, Column, Line, Sheet
from app.stats import cancellations, offers
from app.stats.cancellations import CancelRow
from app.stats.cancellations_rules import CancelBy, CancelFigures
from app.stats.offers import OfferRow
from app.stats.offers_rules import OfferBy

MILESTONES = (30, 60, 90)
COUNTS = ("cases", "shown", "saved", "cancelled", "elsewhere", "undone", "abandoned", "manual", "open")
COLUMNS = (
    *(Column(f"cancellations.{name}") for name in COUNTS),
    Column("cancellations.save_rate"),
    *(Column("cancellations.kept", f"Kept {days}") for days in MILESTONES),
    Column("cancellations.pending"),
)
OFFER_COUNTS = ("shown", "accepted", "applied", "failed")
AMOUNTS = ("cost", "discount", "received", "in_kind", "net")
OFFER_COLUMNS = (
    *(Column(f"offers.{name}") for name in OFFER_COUNTS),
    *(Column("offers.kept", f"Kept {days}") for days in MILESTONES),
    Column("offers.pending"),
    *(Column(f"offers.{name}") for name in AMOUNTS),
)
NOTHING = "Nothing yet: nobody came to the cancel page or left by another way in this time."
NO_OFFERS = "Nothing yet: no offer was shown in this time. Offers are set in reclaim.toml, [offers]."
KEPT = (
    "Kept: still subscribed so many days after the first full price was paid, of those of whom it is known."
)
NET = "Net is received minus in kind. The discount is missing from what was received already. All causes, not proof."


def _cases(desk: Desk, by: CancelBy) -> list[CancelRow]:
    view = desk.view
    report = cancellations.report(
        desk.session, by, desk.window, currency=view.currency, plan=view.plan, now=desk.now
    )
    return report.rows


def _line(row: CancelRow, by: CancelBy) -> Line:
    f = row.figures
    counts: tuple[Cell, ...] = tuple(getattr(f, name) for name in COUNTS)
    head = row.name or (row.group if by in (CancelBy.PLAN, CancelBy.MONTH) else words(row.group))
    return Line(head, (*counts, f.save_rate, *(f.kept(days) for days in MILESTONES), f.pending(90)))


def cases_by(by: CancelBy, title: str, head: str, chart: str = "") -> Maker:
    """The maker of one grouping; `chart`: what its plot says."""

    def make(desk: Desk) -> Sheet:
        found = _cases(desk, by)
        if by is CancelBy.MONTH:
            found = every_month(
                found, lambda row: row.group, lambda month: CancelRow(month, None, CancelFigures())
            )
        shown = list(reversed(found)) if by is CancelBy.MONTH else found
        return Sheet(
            title,
            head,
            COLUMNS,
            [_line(row, by) for row in shown],
            empty=NOTHING,
            notes=(KEPT,) if by is CancelBy.REASON else (),
            chart=_endings(found, by, chart) if chart else None,
        )

    return make


def _endings(found: Sequence[CancelRow], by: CancelBy, says: str) -> Chart:
    def series(name: str, *fields: str) -> Series:
        return Series(name, tuple(float(sum(getattr(r.figures, f) for f in fields)) for r in found))

    by_month = by is CancelBy.MONTH
    gone = series("Cancelled", "cancelled", "elsewhere", "manual")
    return Chart(
        Shape.STACKED if by_month else Shape.LYING_STACKED,
        tuple(_line(row, by).head for row in found),
        (series("Saved", "saved", "undone"), gone),
        says,
        months=by_month,
    )


def offers_by(by: OfferBy, title: str, head: str) -> Maker:
    """The maker of one grouping, in the view's currency."""

    def make(desk: Desk) -> Sheet:
        wanted, plan = desk.currency, desk.view.plan
        found = offers.rows(desk.session, by, desk.window, currency=wanted, plan=plan) if wanted else []
        return Sheet(
            title,
            head,
            OFFER_COLUMNS,
            [_offer(row, by) for row in found],
            empty=NO_OFFERS,
            notes=(NET,) if by is OfferBy.OFFER else (),
            chart=_kept(found) if by is OfferBy.OFFER else None,
        )

    return make


def _offer(row: OfferRow, by: OfferBy) -> Line:
    f = row.figures
    counts: tuple[Cell, ...] = tuple(getattr(f, name) for name in OFFER_COUNTS)
    kept: tuple[Cell, ...] = (*(f.kept(days) for days in MILESTONES), f.pending(90))
    amounts = tuple(Money(getattr(f, f"{name}_minor"), row.currency) for name in AMOUNTS)
    head = row.name or (row.group if by is OfferBy.PLAN else words(row.group))
    return Line(head, (*counts, *kept, *amounts))


def _kept(found: Sequence[OfferRow]) -> Chart:
    """Of the applied offers, how many are kept at each milestone."""
    known = [row for row in found if row.figures.applied][:4]
    return Chart(
        Shape.BARS,
        tuple(f"{days} days" for days in MILESTONES),
        tuple(Series(words(row.group), tuple(_percent(row, days) for days in MILESTONES)) for row in known),
        "Share still subscribed 30, 60 and 90 days after the first full price, by offer.",
        Unit.PERCENT,
    )


def _percent(row: OfferRow, days: int) -> float | None:
    value = row.figures.kept(days).value
    return None if value is None else value * 100


SECTION = Section(
    name="cancellations",
    title="Cancellations",
    about="Saved is not kept: whether somebody stayed is said 30, 60 and 90 days after the first full price.",
    sheets={
        "reason": cases_by(
            CancelBy.REASON, "By reason", "Reason", "Cancel cases saved and cancelled, by reason."
        ),
        "month": cases_by(
            CancelBy.MONTH, "By month", "Month", "Cancel cases saved and cancelled in each month."
        ),
        "offer": offers_by(OfferBy.OFFER, "Offers", "Offer"),
        "proof": net_kept("cancellation"),
        "plan": cases_by(CancelBy.PLAN, "By plan", "Plan"),
        "offer_plan": offers_by(OfferBy.PLAN, "Offers by plan", "Plan"),
        "preset": cases_by(CancelBy.PRESET, "By rules of the place", "Rules"),
        "arm": cases_by(CancelBy.ARM, "By arm", "Arm"),
        "avoidable": cases_by(CancelBy.AVOIDABLE, "Structural or avoidable", "Kind of reason"),
    },
    filters=frozenset({Filter.PERIOD, Filter.CURRENCY, Filter.PLAN}),
    plans=plans,
    folded=frozenset({"plan", "offer_plan", "preset", "arm", "avoidable"}),
)
