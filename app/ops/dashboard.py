"""The dashboard: what needs a person, the numbers, the plots, the open cases, the tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.orm import Session

from app.cases.states import CaseState
from app.ops import attention
from app.ops.cancel_numbers import Split, cancel_numbers
from app.ops.case_lines import lines_of
from app.ops.cases import page_of_cases
from app.ops.pages import PageRoute, render
from app.ops.period import CHOICES, USUAL, View, window_of
from app.ops.plots import (
    PLOT_HEADERS,
    Frame,
    PlotName,
    PlotSize,
    draw,
    frame_of,
    step_words,
    with_empty_months,
)
from app.ops.ports import At
from app.ops.session import Visitor, visitor
from app.ops.tasks import page_of_tasks
from app.outbox.states import TaskState
from app.stats.mail import rows as mail_rows
from app.stats.recovery import Cell, Row, cells, report, rows_by
from app.stats.rules import ALL_CAUSES, NOT_MEASURED, By, Figures, Population

router = APIRouter(prefix="/ops", route_class=PageRoute, include_in_schema=False)

Months = Annotated[int, Query(ge=0, le=120)]
Currency = Annotated[str | None, Query(pattern=r"^[A-Za-z]{3}$")]
GROUPINGS = (By.MONTH, By.CLASS, By.STEP)
LIST_LENGTH = 8
MAIL_ROWS = 24


@dataclass(frozen=True, slots=True)
class Numbers:
    """The dashboard's figures in one currency. `trial`: first charges after a trial, kept apart."""

    currency: str | None
    currencies: list[str]
    total: Figures
    trial: Figures
    months: list[Row]
    classes: list[Row]
    steps: list[Row]


def numbers(session: Session, view: View, now: datetime) -> Numbers:
    """One pass over the late invoices of the view."""
    found = cells(session, GROUPINGS, window_of(view.months, now))
    currencies = by_weight(found)
    currency = (view.currency or "").lower() or next(iter(currencies), None)
    mine = [c for c in found if c.currency == currency]
    renewals = [c for c in mine if c.population == Population.RENEWAL]
    trials = [c.figures for c in mine if c.population == Population.FIRST_AFTER_TRIAL]
    months, classes, steps = (rows_by(renewals, i, by, now=now) for i, by in enumerate(GROUPINGS))
    return Numbers(
        currency=currency,
        currencies=currencies,
        total=sum((c.figures for c in renewals), Figures()),
        trial=sum(trials, Figures()),
        months=with_empty_months(months),
        classes=heaviest_first(classes),
        steps=steps,
    )


def by_weight(found: Sequence[Cell]) -> list[str]:
    """Currencies, the one with the most late invoices first."""
    counts: dict[str, int] = {}
    for cell in found:
        counts[cell.currency] = counts.get(cell.currency, 0) + cell.figures.at_risk_count
    return sorted(counts, key=lambda c: (-counts[c], c))


def heaviest_first(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda r: (-r.figures.at_risk_minor, r.group))


@router.get("")
def show_dashboard(
    place: At,
    who: Annotated[Visitor, Depends(visitor)],
    months: Months = USUAL,
    currency: Currency = None,
    split: Split = Split.OWN,
) -> Response:
    """Everything at one glance."""
    now = place.clock()
    view = View(months, currency.lower() if currency else None)
    with place.db.read() as session:
        found = numbers(session, view, now)
        cases, _ = page_of_cases(session, state=CaseState.OPEN, limit=LIST_LENGTH)
        held, _ = page_of_cases(session, state=CaseState.HELD, limit=LIST_LENGTH)
        tasks, _ = page_of_tasks(session, state=TaskState.OPEN, limit=LIST_LENGTH)
        return render(
            place,
            "dashboard.html",
            who,
            now=now,
            n=found,
            view=View(months, found.currency),
            choices=CHOICES,
            strip=attention.look(session),
            lines=lines_of(session, [*held, *cases][:LIST_LENGTH]),
            open_cases=sum(attention.open_cases(session).values()),
            tasks=tasks,
            plots=_plots(found) if found.currency else [],
            all_causes=ALL_CAUSES,
            not_measured=NOT_MEASURED,
            c=cancel_numbers(session, window_of(months, now), split, currency=view.currency, now=now),
            mails=list(reversed(mail_rows(session, window_of(months, now))))[:MAIL_ROWS],
        )


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot with the table beside it. `head` names the first column."""

    name: PlotName
    title: str
    head: str
    rows: list[tuple[str, Row]]

    @property
    def large(self) -> Frame:
        return frame_of(self.name, PlotSize.LARGE, len(self.rows))

    @property
    def small(self) -> Frame:
        return frame_of(self.name, PlotSize.SMALL, len(self.rows))


def _plots(found: Numbers) -> list[Plot]:
    return [
        Plot(PlotName.MONTH, "By month of failure", "Month", [(r.group, r) for r in reversed(found.months)]),
        Plot(PlotName.CLASS, "By decline class", "Class", [(r.group, r) for r in found.classes]),
        Plot(PlotName.STEP, "By mails sent", "Mails sent", [(step_words(r.group), r) for r in found.steps]),
    ]


@router.get("/plots/{name}.svg")
def show_plot(
    place: At,
    _: Annotated[Visitor, Depends(visitor)],
    name: PlotName,
    currency: Annotated[str, Query(pattern=r"^[A-Za-z]{3}$")],
    months: Months = USUAL,
    size: PlotSize = PlotSize.LARGE,
) -> Response:
    """One plot as an image."""
    now = place.clock()
    currency = currency.lower()
    with place.db.read() as session:
        found = report(session, By(name), window_of(months, now), currency=currency, now=now)
    rows = [r for r in found.rows if r.population == Population.RENEWAL]
    rows = heaviest_first(rows) if name == PlotName.CLASS else rows
    return Response(draw(name, rows, currency, size), media_type="image/svg+xml", headers=PLOT_HEADERS)
