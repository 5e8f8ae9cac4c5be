"""The time from a failure to its payment, out of its roll-up. Definitions: waits_rules.py."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.dunning.models import DunningInvoice
from app.dunning.states import DebtResult
from app.stats.rollups.reading import read
from app.stats.rollups.report import UNKNOWN_DIMENSION, Key, Rollup, day_table
from app.stats.rules import Population, Window
from app.stats.waits_rules import BANDS, WaitFigures, band

DIMS = ("currency", "population", "waited")


def raw(session: Session, window: Window) -> dict[Key, WaitFigures]:
    """What was recovered of the failures of a time, by day of the failure and dimensions."""
    kept = DunningInvoice.paid_minor - DunningInvoice.returned_minor
    query = select(
        DunningInvoice.failed_at,
        func.coalesce(DunningInvoice.paid_at, DunningInvoice.settled_at),
        DunningInvoice.currency,
        DunningInvoice.first_after_trial,
        kept,
    ).where(
        DunningInvoice.failed_at >= window.begins_at,
        DunningInvoice.failed_at < window.ends_at,
        DunningInvoice.result == DebtResult.PAID,
        kept > 0,
    )
    found = dict[Key, WaitFigures]()
    for failed_at, paid_at, currency, after_trial, kept_minor in session.execute(query):
        population = Population.FIRST_AFTER_TRIAL if after_trial else Population.RENEWAL
        waited = band(failed_at, paid_at) if paid_at else UNKNOWN_DIMENSION
        key = (failed_at.date(), currency, population.value, waited)
        found[key] = found.get(key, WaitFigures()) + WaitFigures(1, kept_minor)
    return found


WAITS = Rollup(
    name="recovery_wait",
    dims=DIMS,
    figures=WaitFigures,
    raw=raw,
    stands_on=DunningInvoice.failed_at,
    customer=DunningInvoice.customer_id,
    told_by=frozenset({DunningInvoice.__tablename__}),
    model=day_table("recovery_wait", DIMS, WaitFigures),
    alone=True,
)


def waits(session: Session, window: Window, currency: str) -> list[tuple[str, WaitFigures]]:
    """Recovered renewals by how long they took, in words, the quickest first; no rows where none was recovered."""
    filters = {"currency": currency, "population": Population.RENEWAL.value}
    found = read(session, WAITS, ["waited"], window, filters)
    if not found:
        return []
    bands = [(str(least), words) for least, words in BANDS]
    rest = [(UNKNOWN_DIMENSION, "not known")] if (UNKNOWN_DIMENSION,) in found else []
    return [(words, found.get((key,), WaitFigures())) for key, words in [*bands, *rest]]
