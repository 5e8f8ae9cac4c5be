"""On which days a customer without funds has money again."""

from __future__ import annotations

from datetime import date

import numpy as np

from simulator.arrays import Bools, Ints
from simulator.params import Params, PayCycle

FIRST_DAY = date(2026, 1, 1)
YEAR = 365
IRREGULAR = 1 / 18  # a day, who is paid irregularly


def funded_days(params: Params, failed_on: Ints, days: int, chance: np.random.Generator) -> Bools:
    """One row a customer, one column a day after the failure: whether the account could pay.

    `failed_on` counts days from the first of a year. The day of the failure itself is never funded.
    """
    people = len(failed_on)
    paid = _paydays(params.cycle, failed_on, days, chance)
    paid &= (chance.random(people) >= params.no_payday)[:, None]
    lasts = chance.geometric(1 / params.funds_last, (people, days))
    day = np.arange(days)
    until = np.maximum.accumulate(np.where(paid, day + lasts, 0), axis=1)
    adhoc = chance.random((people, days)) < params.adhoc * np.exp(-day / params.adhoc_fades)
    adhoc &= (chance.random(people) >= params.no_adhoc)[:, None]
    funded = (until > day) | adhoc
    funded[:, 0] = False
    return funded


def _paydays(cycle: PayCycle, failed_on: Ints, days: int, chance: np.random.Generator) -> Bools:
    people = len(failed_on)
    calendar = _calendar(cycle, YEAR + days)
    first, second = cycle.monthly / 2, cycle.monthly
    third = second + cycle.twice_monthly
    edges = np.array([first, second, third, third + cycle.fortnightly / 2, third + cycle.fortnightly])
    kind = np.searchsorted(edges, chance.random(people), side="right")
    offset = np.where(chance.random(people) < cycle.offset_share, chance.integers(0, 30, people), 0)
    column = (failed_on - offset)[:, None] + np.arange(days)
    irregular = chance.random((people, days)) < IRREGULAR
    return np.where((kind == len(edges))[:, None], irregular, calendar[np.minimum(kind, 4)[:, None], column])


def _calendar(cycle: PayCycle, length: int) -> Bools:
    """Row by row: monthly on the one day, on the other, twice monthly, and both fortnights.

    A negative column, for those whose grid is shifted, reads from the end: as good as any other year.
    """
    day = np.datetime64(FIRST_DAY) + np.arange(length)
    month = day.astype("datetime64[M]")
    of_month = (day - month).astype(int) + 1
    last = ((day + 1).astype("datetime64[M]") != month).nonzero()[0]
    of_month_from_end = np.zeros(length, dtype=bool)
    of_month_from_end[last] = True
    rows = [of_month_from_end if wanted < 0 else of_month == wanted for wanted in cycle.monthly_days]
    week = (day.astype(int) + 3) // 7
    weekday = (day.astype(int) + 3) % 7  # the epoch was a Thursday
    on_weekday = weekday == cycle.fortnightly_weekday
    twice = (of_month == 1) | (of_month == 15)
    return np.array([*rows, twice, on_weekday & (week % 2 == 0), on_weekday & (week % 2 == 1)])
