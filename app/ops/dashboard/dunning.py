"""Failed payments: what was at risk and what came of it, by month, decline class, step and policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.cases.states import CaseKind, CaseState
from app.core.money import Money
from app.ops.case_lines import lines_of
from app.ops.cases import page_of_cases
from app.ops.charts import Chart, Series, Shape, Tone, Unit
from app.ops.dashboard.desk import Desk, Filter, Section
from app.ops.dashboard.plans import plans
from app.ops.pages import words
from app.ops.period import every_month
from app.ops.sheets import Column, Line, Sheet
from app.stats.cancellations_rules import Share
from app.stats.recovery import Row, report
from app.stats.rules import By, Figures, Population, month_closed
from app.stats.waits import waits

LIST_LENGTH = 8
COLUMNS = (
    Column(head="Invoices"),
    Column("recovery.at_risk"),
    Column("recovery.recovered"),
    Column("recovery.rate"),
    Column("recovery.silent"),
    Column("recovery.open"),
    Column("recovery.lost"),
)
NOTHING = "Nothing yet: no renewal failed in this time. The first one that the provider reports appears here."


def rows(desk: Desk, by: By, population: Population = Population.RENEWAL) -> list[Row]:
    """The rows of one grouping in the view's currency."""
    if not desk.currency:
        return []
    found = report(
        desk.session,
        by,
        desk.window,
        currency=desk.currency,
        plan=desk.view.plan,
        population=population,
        now=desk.now,
    )
    return found.rows


def line(row: Row, head: str) -> Line:
    f, currency = row.figures, row.currency
    amounts = [Money(a, currency) for a in (f.silent_minor, f.open_minor, f.lost_minor)]
    cells = (f.at_risk_count, Money(f.at_risk_minor, currency), Money(f.recovered_minor, currency), f.rate)
    return Line(head, (*cells, *amounts), moves=row.closed is False)


def by_month(desk: Desk) -> Sheet:
    """Newest first in the table, oldest first in the plot."""
    found = every_month(rows(desk, By.MONTH), lambda row: row.group, lambda month: _blank(desk, month))
    return Sheet(
        title="By month of failure",
        head="Month",
        columns=COLUMNS,
        lines=[line(row, row.group) for row in reversed(found)],
        empty=NOTHING,
        chart=Chart(
            Shape.STACKED,
            tuple(row.group for row in found),
            parts(found),
            "What was at risk in each month: collected, open, lost and ended otherwise.",
            Unit.MONEY,
            months=True,
        ),
    )


def _blank(desk: Desk, month: str) -> Row:
    return Row(month, desk.currency, Population.RENEWAL, month_closed(month, desk.now), Figures())


def parts(found: Sequence[Row]) -> tuple[Series, ...]:
    """What was at risk, divided by what became of it."""

    def series(name: str, pick: Any, tone: Tone | None = None) -> Series:
        return Series(name, tuple(major(pick(row.figures), row.currency) for row in found), tone)

    return (
        series("Collected", lambda f: f.recovered_minor),
        series("Open", lambda f: f.open_minor),
        series("Lost", lambda f: f.lost_minor, Tone.BAD),
        series("Other", lambda f: max(0, f.at_risk_minor - f.recovered_minor - f.open_minor - f.lost_minor)),
    )


def by_class(desk: Desk) -> Sheet:
    found = sorted(rows(desk, By.CLASS), key=lambda r: (-r.figures.at_risk_minor, r.group))
    return Sheet(
        title="By decline class",
        head="Class",
        columns=COLUMNS,
        lines=[line(row, words(row.group)) for row in found],
        empty=NOTHING,
        chart=_two(Shape.LYING, [words(row.group) for row in found], found, "by decline class"),
    )


def by_step(desk: Desk) -> Sheet:
    found = rows(desk, By.STEP)
    return Sheet(
        title="By mails sent",
        head="Mails sent",
        columns=COLUMNS,
        lines=[line(row, step_words(row.group)) for row in found],
        empty=NOTHING,
        notes=("An invoice that is paid early gets few mails, so this does not say what a mail does.",),
        chart=_two(Shape.BARS, [step_words(row.group) for row in found], found, "by mails sent"),
    )


def by_wait(desk: Desk) -> Sheet:
    """How long it took from the failure to the payment."""
    found = waits(desk.session, desk.window, desk.currency) if desk.currency else []
    total = sum(f.count for _, f in found)
    return Sheet(
        title="Time to recovery",
        head="Paid after",
        columns=(Column(head="Invoices"), Column(head="Of all collected"), Column("recovery.recovered")),
        lines=[
            Line(said, (f.count, Share(f.count, total), Money(f.kept_minor, desk.currency)))
            for said, f in found
        ],
        empty="Nothing yet: nothing was collected in this time.",
        notes=(
            "From the first failure to the payment, by the month of the failure.",
            *(("Of all plans: this is not kept by plan.",) if desk.view.plan else ()),
        ),
        chart=Chart(
            Shape.BARS,
            tuple(said.removesuffix(" days").removesuffix(" days or more") for said, _ in found),
            (Series("Invoices", tuple(float(f.count) for _, f in found)),),
            "Collected invoices by the days from the failure to the payment.",
        ),
    )


def by_policy(desk: Desk) -> Sheet:
    """Each version of the policy under which cases began."""
    found = rows(desk, By.CAMPAIGN)
    return Sheet(
        title="By version of the policy",
        head="Version",
        columns=COLUMNS,
        lines=[line(row, row.group) for row in found],
        empty=NOTHING,
        notes=("Versions follow each other in time, so a difference between two may be the time's.",),
    )


def after_trial(desk: Desk) -> Sheet:
    found = rows(desk, By.MONTH, Population.FIRST_AFTER_TRIAL)
    return Sheet(
        title="First charges after a trial",
        head="Month",
        columns=COLUMNS,
        lines=[line(row, row.group) for row in reversed(found)],
        empty="No first charge after a trial failed in this time.",
        notes=("Kept apart: most of them were never going to pay, and they would drown the renewals.",),
    )


def _two(shape: Shape, labels: Sequence[str], found: Sequence[Row], what: str) -> Chart:
    collected = Series("Collected", tuple(major(r.figures.recovered_minor, r.currency) for r in found))
    at_risk = Series("At risk", tuple(major(r.figures.at_risk_minor, r.currency) for r in found))
    return Chart(
        shape, tuple(labels), (collected, at_risk), f"Money collected and at risk {what}.", Unit.MONEY
    )


def major(amount_minor: int, currency: str) -> float:
    return float(Money(amount_minor, currency).to_decimal())


def step_words(group: str) -> str:
    """How many mails went, in words short enough for an axis."""
    return {"0": "no mail", "1": "1 mail"}.get(group, f"{group} mails")


def _cases(desk: Desk) -> dict[str, Any]:
    """The open cases of the kind, held ones first."""
    held, _ = page_of_cases(desk.session, kind=CaseKind.DUNNING, state=CaseState.HELD, limit=LIST_LENGTH)
    found, _ = page_of_cases(desk.session, kind=CaseKind.DUNNING, state=CaseState.OPEN, limit=LIST_LENGTH)
    return {"lines": lines_of(desk.session, [*held, *found][:LIST_LENGTH]), "kind": CaseKind.DUNNING}


SECTION = Section(
    name="dunning",
    title="Failed payments",
    about="All causes, not proof: what would have come anyway stands on the overview.",
    sheets={
        "month": by_month,
        "class": by_class,
        "step": by_step,
        "time": by_wait,
        "policy": by_policy,
        "trial": after_trial,
    },
    filters=frozenset({Filter.PERIOD, Filter.CURRENCY, Filter.PLAN}),
    plans=plans,
    template="cases_section.html",
    folded=frozenset({"policy", "trial"}),
    more=_cases,
)
