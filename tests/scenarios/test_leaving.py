"""Subscribers who want to leave: the page, the offer, the cancellation, and what is told afterwards."""

import pytest

from app.core.db import Database
from tests.scenarios.diary import open_diary, unix
from tests.scenarios.leaving import FREE_MONTH, Leaving, headline, offering

pytestmark = pytest.mark.same_on_both


def test_whoever_wants_to_go_is_let_go_with_one_press_and_gets_one_confirmation(database: Database) -> None:
    """Edge cases 26, 32, 34."""
    with open_diary(database) as diary:
        ada = Leaving(diary, diary.subscriber())
        diary.tick()
        assert headline(ada.look()) == "Cancel your subscription"
        assert ada.visits() == []
        assert headline(ada.press("cancel")) == "Your subscription is cancelled"
        assert ada.subscription["cancel_at"] == unix("2026-04-01T10:00:00")
        assert headline(ada.press("cancel")) == "Your subscription is cancelled"
        diary.tick()
        assert [name for _, name in diary.sent()] == ["subscription_cancelled"]
        assert diary.case().outcome == "cancelled"


def test_who_says_too_expensive_is_offered_a_free_month_after_a_yes_and_pays_again_after_it(
    database: Database,
) -> None:
    """Edge cases 1, 7, 55."""
    with open_diary(database, config=offering({"free": FREE_MONTH})) as diary:
        ada = Leaving(diary, diary.subscriber())
        diary.tick()
        assert headline(ada.press("answer", reason="too_expensive")) == "May we show you options?"
        assert ada.grants() == []
        assert headline(ada.press("permit")) == "One month free"
        assert [g.state for g in ada.grants()] == ["shown"]
        assert headline(ada.press("accept")) == "It is done"
        diary.tick()
        assert [g.state for g in ada.grants()] == ["applied"]
        assert diary.case().outcome == "saved"
        assert [name for _, name in diary.sent()] == ["offer_confirmed"]
        diary.until("2026-04-20T10:00:00")
        assert [name for _, name in diary.sent()] == ["offer_confirmed", "benefit_ending"]
        assert [g.outcome_30 for g in ada.grants()] == [None]
        diary.until("2026-05-02T10:00:00")
        grant = ada.grants()[0]
        assert grant.full_paid_at is not None
        assert grant.paid_minor == 2900
        diary.until("2026-08-05T10:00:00")
        grant = ada.grants()[0]
        assert [grant.outcome_30, grant.outcome_60, grant.outcome_90, grant.state] == ["kept"] * 4
