"""Retention, churn, cohorts and attrition out of the tenures. Definitions: retention_rules.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy.orm import Session

from app.stats.cancellations_rules import Share
from app.stats.months import first_of, last_of, later, months, whole
from app.stats.names import plan_names
from app.stats.retention_raw import JOINED, LEFT, TOTAL, between
from app.stats.retention_rules import (
    Movement,
    RetentionBy,
    RetentionFigures,
    cohort,
    figures_of,
    figures_of_months,
)
from app.stats.rollups.reading import read
from app.stats.rollups.report import MONTH
from app.stats.rules import EARLIEST, LATEST, Window
from app.stats.tenures_models import TenureRow

COHORT_MONTHS = 12
YEARLY = "year"


@dataclass(frozen=True, slots=True)
class RetentionRow:
    """One line of a report. `over`: whether the month has passed; None in other groupings."""

    group: str
    name: str | None
    over: bool | None
    figures: RetentionFigures


@dataclass(frozen=True, slots=True)
class CohortRow:
    """Who joined in a month (2026-04), and the share still there at the end of it and of each month after; months
    that are not over are missing."""

    month: str
    joined: int
    shares: list[Share]


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """A report with what was asked. `window` is the time that was really looked at; `attrition` is of the last twelve
    whole months, yearly terms only. `made_at` is business time."""

    by: RetentionBy
    window: Window
    currency: str | None
    made_at: datetime
    rows: list[RetentionRow]
    cohorts: list[CohortRow]
    attrition: RetentionFigures


def report(
    session: Session,
    by: RetentionBy,
    window: Window | None = None,
    *,
    currency: str | None = None,
    plan: str | None = None,
    now: datetime,
) -> RetentionReport:
    """Rows or cohorts, with attrition beside them. The parameters: see `rows`."""
    wanted, window = currency.lower() if currency else None, window or Window()
    found: list[RetentionRow] = []
    joined: list[CohortRow] = []
    if by is RetentionBy.COHORT:
        joined = cohorts(session, window, currency=wanted, plan=plan, now=now)
    else:
        found = rows(session, by, window, currency=wanted, plan=plan, now=now)
    beside = attrition(session, currency=wanted, now=now)
    return RetentionReport(by, _bounded(by, window, now), wanted, now, found, joined, beside)


def rows(
    session: Session,
    by: RetentionBy,
    window: Window,
    *,
    currency: str | None = None,
    plan: str | None = None,
    now: datetime,
) -> list[RetentionRow]:
    """Of the customers at the start of each month, or of the whole time, who is still there.

    Months are whole ones, and those of a `plan` where it is told; other groupings are of all plans.
    Where no first day is told, a whole time is the twelve months before its end.
    """
    asked = _bounded(by, window, now)
    if by is RetentionBy.MONTH:
        return _by_month(movements(session, Window(asked.first), currency=currency, plan=plan), asked, now)
    return _of_whole_time(session, by, _to_its_end(asked, now), currency)


def cohorts(
    session: Session, window: Window, *, currency: str | None = None, plan: str | None = None, now: datetime
) -> list[CohortRow]:
    """Who joined in each month, and who of them is still there after so many; of a `plan` where it is told."""
    asked = _bounded(RetentionBy.COHORT, window, now)
    return _cohorts(movements(session, Window(asked.first), currency=currency, plan=plan), asked, now)


def attrition(session: Session, *, currency: str | None = None, now: datetime) -> RetentionFigures:
    """`1 - R / BC over twelve months, yearly terms only`: the churn of these figures. The twelve are whole months."""
    this_month = first_of(now.date())
    first = later(this_month, -12)
    time = Window(first, last_of(later(this_month, -1)))
    yearly = groups_of(session, time, None, {"currency": currency, "term": YEARLY})
    return figures_of(yearly.get(TOTAL, ()), time.first, time.last)


def _bounded(by: RetentionBy, window: Window, now: datetime) -> Window:
    last = min(window.last, now.date())
    first = window.first
    if by in (RetentionBy.MONTH, RetentionBy.COHORT):
        return Window(first if first == EARLIEST else first_of(first), max(first, last_of(last)))
    if first == EARLIEST:
        first = later(first_of(last), -12 if window.last == LATEST else -11)
        last = last_of(later(first, 11)) if window.last == LATEST else last
    return Window(first, max(first, last))


def _by_month(moved: Sequence[Movement], window: Window, now: datetime) -> list[RetentionRow]:
    shown = _months(moved, window)
    return [
        RetentionRow(f"{month:%Y-%m}", None, last_of(month) < now.date(), figures)
        for month, figures in zip(shown, figures_of_months(moved, shown), strict=True)
    ]


def _cohorts(moved: Sequence[Movement], window: Window, now: datetime) -> list[CohortRow]:
    by_cohort: dict[date, list[Movement]] = {}
    for one in moved:
        by_cohort.setdefault(one.joined_on, []).append(one)
    found = []
    for month in _months(moved, window):
        mine = by_cohort.get(month, [])
        ends = [last_of(later(month, k)) for k in range(COHORT_MONTHS + 1)]
        passed = [end for end in ends if end < now.date()]
        joined = sum(m.joined for m in mine)
        if joined:
            found.append(CohortRow(f"{month:%Y-%m}", joined, cohort(mine, month, passed)))
    return found


def _months(moved: Sequence[Movement], window: Window) -> list[date]:
    began = min((m.on for m in moved), default=None)
    return [] if began is None else months(max(window.first, began), window.last)


def _to_its_end(window: Window, now: datetime) -> Window:
    """Until the end of the present month, of which the rest is still to come: whole months are read from sums."""
    return Window(window.first, last_of(window.last)) if window.last == now.date() else window


def _of_whole_time(
    session: Session, by: RetentionBy, window: Window, currency: str | None
) -> list[RetentionRow]:
    dim = by.value if by in (RetentionBy.PLAN, RetentionBy.TERM) else None
    if not whole(window.first, window.last):
        column = {RetentionBy.PLAN: TenureRow.price_id, RetentionBy.TERM: TenureRow.term}.get(by)
        found = between(session, window, currency=currency, by=column)
    else:
        groups = groups_of(session, window, dim, {"currency": currency})
        found = {group: figures_of(moved, window.first, window.last) for group, moved in groups.items()}
    names = plan_names(session, found) if by is RetentionBy.PLAN else {}
    ordered = sorted(found, key=lambda g: (-found[g].at_start, g))
    return [RetentionRow(g, names.get(g), None, found[g]) for g in ordered if found[g] != RetentionFigures()]


def movements(
    session: Session,
    time: Window | None = None,
    *,
    currency: str | None = None,
    plan: str | None = None,
) -> list[Movement]:
    """Every movement until the end of a time of whole months, by months; those before it as one of the day before."""
    time = time or Window()
    filters = {"currency": currency, "plan": plan}
    found = [moved for _, moved in _before(session, time, (), filters)]
    keys = ("joined_month", MONTH)
    for (joined, month), joins in read(session, JOINED, keys, time, filters).items():
        found.append(Movement(_first(joined), _first(month), joined=joins.joined))
    for (joined, month), leaves in read(session, LEFT, keys, time, filters).items():
        found.append(Movement(_first(joined), _first(month), left=leaves))
    return found


def groups_of(
    session: Session, time: Window, dim: str | None, filters: Mapping[str, str | None]
) -> dict[str, list[Movement]]:
    """Movements by plan or by term, or all as `total`; those within a time of whole months as of its first day."""
    dims = (dim,) if dim else ()
    found: dict[str, list[Movement]] = {}
    for group, moved in _before(session, time, dims, filters):
        found.setdefault(group, []).append(moved)
    keys = ("joined_month", *dims)
    for (joined, *rest), joins in read(session, JOINED, keys, time, filters).items():
        moved = Movement(_first(joined), time.first, joined=joins.joined)
        found.setdefault(rest[0] if rest else TOTAL, []).append(moved)
    for (joined, *rest), leaves in read(session, LEFT, keys, time, filters).items():
        moved = Movement(_first(joined), time.first, left=leaves)
        found.setdefault(rest[0] if rest else TOTAL, []).append(moved)
    return found


def _before(
    session: Session, time: Window, dims: tuple[str, ...], filters: Mapping[str, str | None]
) -> Iterator[tuple[str, Movement]]:
    """What happened before a time, as of the day before it, by group."""
    if time.first <= EARLIEST:
        return
    day = time.first - timedelta(days=1)
    earlier = Window(EARLIEST, day)
    for key, joins in read(session, JOINED, dims, earlier, filters).items():
        yield key[0] if key else TOTAL, Movement(day, day, joined=joins.joined)
    for key, leaves in read(session, LEFT, dims, earlier, filters).items():
        yield key[0] if key else TOTAL, Movement(day, day, left=leaves)


@cache
def _first(month: str) -> date:
    return date.fromisoformat(f"{month}-01")
