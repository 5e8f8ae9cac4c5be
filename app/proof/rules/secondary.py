"""The secondary outcomes of a look: the parts of the money, who cancelled, and a whole year. Pure.

None of them has a verdict: one outcome of an experiment was chosen before any data, and only that one decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.proof.rules.cohorts import WATCHED_LONGER, is_closed, month_of
from app.proof.rules.estimate import estimate
from app.proof.rules.told import Cancelled, Parts, Year
from app.proof.rules.units import Observed, sample_of


@dataclass(frozen=True, slots=True)
class Secondary:
    """`parts`: of treated customers of closed cohorts; `cancelled`: of both arms. None where no number may be said, and
    where the experiment has no such outcome."""

    parts: Parts | None = None
    cancelled: Cancelled | None = None
    year: Year | None = None


def secondary(
    experiment: str, observed: Sequence[Observed], closed: Sequence[Observed], *, said: bool, now: datetime
) -> Secondary:
    """`closed`: the customers that count; `said`: a number may be said of them; `observed`: all, for the year."""
    return Secondary(
        parts=_parts(closed) if said else None,
        cancelled=_cancelled(closed) if said and experiment == "cancellation" else None,
        year=_year(experiment, observed, now),
    )


def _parts(closed: Sequence[Observed]) -> Parts | None:
    found = [o.parts for o in closed if o.unit.treated and o.parts is not None]
    return sum(found, Parts()) if found else None


def _cancelled(closed: Sequence[Observed]) -> Cancelled:
    return Cancelled(
        treated=_share([(o.cancelled, 1 / o.unit.pi) for o in closed if o.unit.treated]),
        held_out=_share([(o.cancelled, 1 / (1 - o.unit.pi)) for o in closed if not o.unit.treated]),
    )


def _share(weighed: Sequence[tuple[bool, float]]) -> float:
    return sum(weight for happened, weight in weighed if happened) / sum(weight for _, weight in weighed)


def _year(experiment: str, observed: Sequence[Observed], now: datetime) -> Year | None:
    """None until the first month was over a year ago. What is at risk is only a scale here: the amounts are the same
    whether it is three months of the price or twelve."""
    watched = WATCHED_LONGER.get(experiment)
    if watched is None:
        return None
    months = {month_of(o.unit.at) for o in observed}
    done = {month for month in months if is_closed(month, watched, now)}
    if not done:
        return None
    closed = [(o, o.year) for o in observed if o.year is not None and month_of(o.unit.at) in done]
    sample = sample_of([replace(o.unit, value_minor=year.kept_minor) for o, year in closed])
    counted = Year(max(done), sample.n_treated, sample.n_held_out)
    found = estimate(sample)
    if found is None:
        return counted
    parts = sum((year for o, year in closed if o.unit.treated), Parts())
    return replace(
        counted,
        received_minor=parts.received_minor,
        in_kind_minor=parts.in_kind_minor,
        discount_minor=parts.discount_minor,
        incremental_minor=found.incremental_minor,
        lower_minor=found.lower_minor,
        upper_minor=found.upper_minor,
    )
