"""The dashboard's figures of cancellations and offers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, TypeVar

from sqlalchemy.orm import Session

from app.stats import cancellations, offers
from app.stats.cancellations import CancelRow
from app.stats.cancellations_rules import CANCEL_MEANINGS, CancelBy
from app.stats.cancellations_tables import parts_words, share_words
from app.stats.offers import OfferRow
from app.stats.offers_compared import compared
from app.stats.offers_holdout import Comparison, compare
from app.stats.offers_rules import OFFER_MEANINGS, OfferBy
from app.stats.offers_tables import difference_words
from app.stats.rules import Window

LONGEST = 12
Row = TypeVar("Row", CancelRow, OfferRow)


class Split(StrEnum):
    """What both tables are grouped by; by default each by its own."""

    OWN = "own"  # cancellations by reason, offers by offer
    PLAN = "plan"
    PRESET = "preset"
    ARM = "arm"
    MONTH = "month"

    @property
    def word(self) -> str:
        return "Reason, offer" if self is Split.OWN else self.capitalize()

    @property
    def cancellations(self) -> CancelBy:
        return CancelBy.REASON if self is Split.OWN else CancelBy(self.value)

    @property
    def offers(self) -> OfferBy:
        return OfferBy.OFFER if self is Split.OWN else OfferBy(self.value)


@dataclass(frozen=True, slots=True)
class CancelNumbers:
    """Cancellations of every currency, offers by currency, and the hold-out. Tables keep their largest rows, or
    the newest months."""

    split: Split
    cancellations: list[CancelRow]
    offers: dict[str, list[OfferRow]]
    hold_out: list[Comparison]
    splits: ClassVar = tuple(Split)
    milestones: ClassVar = (30, 60, 90)
    of_cancellations: ClassVar = CANCEL_MEANINGS
    of_offers: ClassVar = OFFER_MEANINGS

    def __bool__(self) -> bool:
        return bool(self.cancellations or self.offers)

    share = staticmethod(share_words)
    parts = staticmethod(parts_words)
    difference = staticmethod(difference_words)


def cancel_numbers(
    session: Session, window: Window, split: Split, *, currency: str | None, now: datetime
) -> CancelNumbers:
    """The figures of a time. `currency`: only this one was asked for; else every one has its table of offers."""
    cases, plans = cancellations.cases(session, window, currency=currency)
    grants, names = offers.grants(session, window, currency=currency)
    rows = offers.rows_by(grants, split.offers, names)
    return CancelNumbers(
        split=split,
        cancellations=_largest(cancellations.rows_by(cases, split.cancellations, plans), split),
        offers={
            c: _largest([r for r in rows if r.currency == c], split)
            for c in dict.fromkeys(r.currency for r in rows)
        },
        hold_out=compare(compared(session, window, currency=currency), now=now),
    )


def _largest(rows: list[Row], split: Split) -> list[Row]:
    return list(reversed(rows))[:LONGEST] if split is Split.MONTH else rows[:LONGEST]
