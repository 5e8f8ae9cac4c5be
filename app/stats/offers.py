"""The figures of offers out of their roll-up. Definitions: offers_rules.py and offers_holdout.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.stats.names import plan_names
from app.stats.offers_compared import compared
from app.stats.offers_holdout import Comparison, compare
from app.stats.offers_raw import OFFERS
from app.stats.offers_rules import OfferBy, OfferFigures
from app.stats.rollups.reading import read
from app.stats.rules import Window


@dataclass(frozen=True, slots=True)
class OfferRow:
    """One line of a report, in one currency. `name`: of a plan, in the merchant's words."""

    group: str
    name: str | None
    currency: str
    figures: OfferFigures


@dataclass(frozen=True, slots=True)
class OfferReport:
    """A report with what was asked. `hold_out` is empty where nobody could have been held out."""

    by: OfferBy
    window: Window
    currency: str | None
    made_at: datetime
    rows: list[OfferRow]
    hold_out: list[Comparison]


def report(
    session: Session,
    by: OfferBy,
    window: Window | None = None,
    *,
    currency: str | None = None,
    now: datetime,
) -> OfferReport:
    """The offers that were shown within a time, and who came to the page then against the hold-out."""
    window, wanted = window or Window(), currency.lower() if currency else None
    against = compare(compared(session, window, currency=wanted), now=now)
    return OfferReport(by, window, wanted, now, rows(session, by, window, currency=wanted), against)


def rows(
    session: Session, by: OfferBy, window: Window, *, currency: str | None = None, plan: str | None = None
) -> list[OfferRow]:
    """The offers of a time: by currency, months in their order, else the most shown first."""
    sums = read(session, OFFERS, ("currency", by), window, {"currency": currency, "plan": plan})
    ordered = sorted(sums, key=lambda k: (k[0], 0 if by == OfferBy.MONTH else -sums[k].shown, k[1]))
    names = plan_names(session, {group for _, group in sums}) if by == OfferBy.PLAN else {}
    return [OfferRow(group, names.get(group), paid_in, sums[paid_in, group]) for paid_in, group in ordered]
