"""Which rows of a day table make up a window: whole months, and the days at its edges. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby

from app.stats.months import first_of, last_of, months
from app.stats.rules import Window

DAY = timedelta(days=1)


class Span(StrEnum):
    """What one row sums up. A month's row is the sum of its days' and stands on the first of them."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows of one span, from the first to the last day on which they stand."""

    span: Span
    first: date
    last: date


def stretches(window: Window) -> list[Stretch]:
    """Each day of the window once.

    10 January to 5 March: the days from 10 January, the month of February, the days until 5 March.
    """
    begin = window.first
    if begin.day > 1:
        begin = last_of(window.first) + DAY
    end = window.last
    if end != last_of(end):
        end = first_of(end) - DAY
    if begin > end:
        return [Stretch(Span.DAY, window.first, window.last)]
    found = [Stretch(Span.MONTH, begin, first_of(end))]
    if window.first < begin:
        found.insert(0, Stretch(Span.DAY, window.first, begin - DAY))
    if end < window.last:
        found.append(Stretch(Span.DAY, end + DAY, window.last))
    return found


def months_of(days: Iterable[date]) -> list[list[Window]]:
    """For each month its runs of days: the 1st, 2nd, 3rd and 9th are two runs."""
    return [_runs(list(group)) for _, group in groupby(sorted(set(days)), first_of)]


def _runs(days: list[date]) -> list[Window]:
    found = [Window(days[0], days[0])]
    for day in days[1:]:
        if day == found[-1].last + DAY:
            found[-1] = Window(found[-1].first, day)
        else:
            found.append(Window(day, day))
    return found


def whole_months(first: date, last: date) -> list[list[Window]]:
    """Every month from the first to the last day, each as one run."""
    return [[Window(month, last_of(month))] for month in months(first, last)]
