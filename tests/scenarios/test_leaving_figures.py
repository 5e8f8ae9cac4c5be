"""The figures of an offer, from the press of a button to the ninetieth day of the full price."""

from __future__ import annotations

import pytest

from app.core.db import Database
from app.stats import cancellations, offers
from app.stats.cancellations_rules import CancelBy, CancelFigures, Share
from app.stats.offers_rules import OfferBy, OfferFigures
from tests.rollups import agree_when_kept
from tests.scenarios.diary import Diary, open_diary
from tests.scenarios.leaving import FREE_MONTH, Leaving, offering

pytestmark = pytest.mark.same_on_both


def figures(diary: Diary) -> tuple[CancelFigures, OfferFigures]:
    """The one row of each report."""
    agree_when_kept(diary.application.db)
    with diary.application.db.read() as session:
        (case,) = cancellations.report(session, CancelBy.REASON, now=diary.now).rows
        (offer,) = offers.report(session, OfferBy.OFFER, now=diary.now).rows
    return case.figures, offer.figures


def test_a_free_month_is_saved_once_it_is_in_place_and_kept_after_the_full_price(database: Database) -> None:
    """Edge cases 55, 56: 29.00 given away, 29.00 a month received from then on."""
    with open_diary(database, config=offering({"free": FREE_MONTH})) as diary:
        ada = Leaving(diary, diary.subscriber())
        diary.tick()
        ada.press("answer", reason="too_expensive")
        ada.press("permit")
        case, offer = figures(diary)
        assert (case.shown, case.open, case.saved, offer.shown) == (1, 1, 0, 1)
        ada.press("accept")
        diary.tick()
        case, offer = figures(diary)
        assert (case.saved, case.pending(30), case.save_rate) == (1, 1, Share(1, 1))
        assert (offer.applied, offer.cost_minor, offer.discount_minor, offer.received_minor) == (
            1,
            2900,
            0,
            0,
        )
        diary.until("2026-05-02T10:00:00")
        case, offer = figures(diary)
        assert (offer.discount_minor, offer.received_minor, offer.net_minor) == (2900, 2900, 2900)
        assert (offer.pending(30), case.kept(30)) == (1, Share(0, 0))
        diary.until("2026-08-05T10:00:00")
        case, offer = figures(diary)
        assert [case.kept(d) for d in (30, 60, 90)] == [Share(1, 1)] * 3
        assert (offer.discount_minor, offer.received_minor) == (2900, 3 * 2900)


def test_who_leaves_instead_is_cancelled_and_the_offer_declined(database: Database) -> None:
    with open_diary(database, config=offering({"free": FREE_MONTH})) as diary:
        ada = Leaving(diary, diary.subscriber())
        diary.tick()
        ada.press("answer", reason="too_expensive")
        ada.press("permit")
        ada.press("cancel")
        diary.tick()
        case, offer = figures(diary)
        assert (case.cancelled, case.accepted, case.save_rate) == (1, 0, Share(0, 1))
        assert offer == OfferFigures(shown=1, declined=1)
