"""Page, CSV and plots of every section."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from app.core.errors import NotFound
from app.ops.dashboard.currencies import by_weight
from app.ops.dashboard.desk import Desk, Filter, Maker, Section
from app.ops.dashboard.sections import GLANCE, SECTIONS
from app.ops.pages import PageRoute, render
from app.ops.period import CHOICES, View, months_words, view_of
from app.ops.plots import PLOT_HEADERS, PlotSize, draw, frame_of
from app.ops.ports import At, Workplace
from app.ops.session import Visitor, visitor
from app.ops.sheets import csv_of, meanings
from app.stats.definitions import DEFINITIONS
from app.stats.rollups.reading import remember

router = APIRouter(prefix="/ops", route_class=PageRoute, include_in_schema=False)

Asked = Annotated[View, Depends(view_of)]
Who = Annotated[Visitor, Depends(visitor)]


@router.get("")
def show_glance(place: At, who: Who, asked: Asked) -> Response:
    """Everything at one glance."""
    return _page(place, who, GLANCE, asked)


@router.get("/{section}.csv")
def show_csv(place: At, _: Who, asked: Asked, section: str, by: Annotated[str, Query()]) -> Response:
    """One table as CSV."""
    found, make = _maker(section, by)
    with _desk(place, found, asked) as (desk, _currencies):
        text = csv_of(make(desk))
    headers = {
        "Content-Disposition": f'attachment; filename="{found.name}-{by}.csv"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/plots/{section}/{by}.svg")
def show_plot(
    place: At, _: Who, asked: Asked, section: str, by: str, size: PlotSize = PlotSize.LARGE
) -> Response:
    """One plot as an image."""
    found, make = _maker(section, by)
    with _desk(place, found, asked) as (desk, _currencies):
        chart = make(desk).chart
    if chart is None:
        raise NotFound(f"{section} has no plot {by}")
    return Response(draw(chart, size), media_type="image/svg+xml", headers=PLOT_HEADERS)


@router.get("/{section}")
def show_section(place: At, who: Who, asked: Asked, section: str) -> Response:
    """One section."""
    return _page(place, who, _section(section), asked)


def _section(name: str) -> Section:
    found = SECTIONS.get(name)
    if found is None:
        raise NotFound(f"there is no page {name}")
    return found


def _maker(section: str, by: str) -> tuple[Section, Maker]:
    found = _section(section)
    make = found.sheets.get(by)
    if make is None:
        raise NotFound(f"{section} has no table {by}; it has {', '.join(found.sheets)}")
    return found, make


@contextmanager
def _desk(place: Workplace, section: Section, asked: View) -> Iterator[tuple[Desk, list[str]]]:
    """The desk of one request, and the currencies that there are."""
    now = place.clock()
    view = _narrowed(section, asked)
    with place.db.read() as session:
        remember(session)
        window = view.window(now)
        currencies = by_weight(session, window) if Filter.CURRENCY in section.filters else []
        yield Desk(session, place, view, view.currency or next(iter(currencies), ""), now), currencies


def _narrowed(section: Section, asked: View) -> View:
    """What was asked for, without what the figures of this section are not kept by."""
    known = section.filters
    return replace(
        asked,
        months=section.months if asked.months is None else asked.months,
        currency=asked.currency if Filter.CURRENCY in known else None,
        plan=asked.plan if Filter.PLAN in known else None,
        campaign=asked.campaign if Filter.CAMPAIGN in known else None,
    )


def _page(place: Workplace, who: Visitor, section: Section, asked: View) -> Response:
    with _desk(place, section, asked) as (desk, currencies):
        sheets = {name: make(desk) for name, make in section.sheets.items()}
        more = section.more(desk)
        return render(
            place,
            section.template,
            who,
            now=desk.now,
            section_of=section,
            sections=SECTIONS,
            view=desk.view,
            asked=asked,
            currency=desk.currency,
            currencies=currencies,
            choices=[(m, months_words(m)) for m in CHOICES],
            plans=section.plans(desk),
            campaigns=section.campaigns(desk),
            sheets=sheets,
            definitions=meanings(sheets.values(), more.pop("named", ())),
            told=DEFINITIONS,
            frame_of=frame_of,
            **more,
        )
