"""Who presses again, presses back, changes their mind or has two tabs open: the page never says what is not so."""

import pytest

from app.core.db import Database
from tests.scenarios.diary import open_diary, unix
from tests.scenarios.leaving import FREE_MONTH, PAUSE, Leaving, headline, offering
from tests.scenarios.offered import MARCH, before_offer, booked, break_next, ours

pytestmark = pytest.mark.same_on_both

MONTHS_END = unix("2026-04-01T10:00:00")
CANCELLED = "Your subscription is cancelled"
TWO = offering({"free": FREE_MONTH, "pause": PAUSE}, {"too_expensive": ["free"], "temporary": ["pause"]})


def test_who_cancels_takes_it_back_and_cancels_again_at_once_is_cancelled(database: Database) -> None:
    """Edge case 33: the page says "cancelled" only if the provider shows it."""
    with open_diary(database, start=MARCH) as diary:
        ada = Leaving(diary, diary.subscriber())
        diary.worker_down = True
        ada.press("cancel")
        assert headline(ada.press("undo")) == "Your subscription goes on"
        assert ada.subscription["cancel_at"] is None
        assert headline(ada.press("cancel")) == CANCELLED
        assert ada.subscription["cancel_at"] == MONTHS_END
        diary.worker_down = False
        diary.tick()
        assert ada.subscription["cancel_at"] == MONTHS_END
        assert sorted(str(c.outcome) for c in diary.cases()) == ["cancelled", "undone"]


@pytest.mark.parametrize("settled", [False, True])
def test_who_presses_cancel_again_on_a_page_that_was_left_open_gets_no_second_mail(
    database: Database, settled: bool
) -> None:
    """Edge case 34, also after the worker has settled the first press, and from the page before it."""
    with open_diary(database, start=MARCH) as diary:
        ada = Leaving(diary, diary.subscriber())
        ada.press("cancel")
        if settled:
            diary.tick()
        assert headline(ada.press("cancel")) == CANCELLED
        ada.at = ada.path
        assert headline(ada.press("cancel")) == CANCELLED
        diary.tick()
        assert [name for _, name in diary.sent()] == ["subscription_cancelled"]
        assert [c.outcome for c in diary.cases()] == ["cancelled"]


def test_the_button_that_takes_a_cancellation_back_works_also_later(database: Database) -> None:
    """Edge case 33: from the page, a day after, when the case has long been settled."""
    with open_diary(database, start=MARCH) as diary:
        ada = Leaving(diary, diary.subscriber())
        ada.press("cancel")
        diary.days(1)
        assert headline(ada.press("undo")) == "Your subscription goes on"
        diary.tick()
        assert ada.subscription["cancel_at"] is None
        assert [c.outcome for c in diary.cases()] == ["undone"]
        assert [name for _, name in diary.sent()] == ["subscription_cancelled", "cancellation_undone"]


def test_who_was_brought_back_by_the_merchant_can_cancel_once_more(database: Database) -> None:
    with open_diary(database, start=MARCH) as diary:
        ada = Leaving(diary, diary.subscriber())
        ada.press("cancel")
        diary.days(1)
        diary.merchant.subscriptions.update(ada.someone.subscription, {"cancel_at_period_end": False})
        diary.merchant.subscriptions.update(ada.someone.subscription, {"cancel_at": ""})
        diary.days(1)
        assert ada.subscription["cancel_at"] is None
        ada.at = ada.path
        assert headline(ada.press("cancel")) == CANCELLED
        assert ada.subscription["cancel_at"] == MONTHS_END


def test_accepting_twice_shows_the_same_end_also_after_the_case_was_closed(database: Database) -> None:
    """Edge case 1."""
    with open_diary(database, start=MARCH, config=TWO) as diary:
        ada = before_offer(diary)
        assert headline(ada.press("accept")) == "It is done"
        assert headline(ada.press("accept")) == "It is done"
        diary.tick()
        assert headline(ada.press("accept")) == "It is done"
        diary.tick()
        assert len(ours(ada)) == 1
        assert [c.outcome for c in diary.cases()] == ["saved"]
        assert [name for _, name in diary.sent()] == ["offer_confirmed"]


def test_a_second_offer_in_another_tab_is_not_taken_while_the_first_is_on_its_way(database: Database) -> None:
    """One accepted grant a subscription at a time; the page says so without an error."""
    with open_diary(database, start=MARCH, config=TWO) as diary:
        ada = before_offer(diary)
        diary.worker_down = True
        break_next(diary, "500", "/v1/coupons", count=9)
        assert headline(ada.press("accept")) == "We are setting this up"
        tab = Leaving(diary, ada.someone)
        assert headline(tab.press("answer", reason="temporary")) == "Pause for one month"
        assert headline(tab.press("accept")) == "Cancel your subscription?"
        assert [(g.offer, g.state) for g in tab.grants()] == [("free", "accepted"), ("pause", "expired")]
        assert "pause" not in booked(diary)
        assert ada.subscription["pause_collection"] is None


def test_who_cancels_while_an_offer_waits_for_its_next_try_stays_cancelled(database: Database) -> None:
    """Edge case 6 turned round: the later wish is the one that counts, also where an end was scheduled before."""
    with open_diary(database, start=MARCH, config=TWO) as diary:
        ada = Leaving(diary, diary.subscriber(country="FR"))
        diary.hold_deliveries = True
        diary.merchant.subscriptions.update(ada.someone.subscription, {"cancel_at_period_end": True})
        ada.press("answer", reason="too_expensive")
        diary.worker_down = True
        break_next(diary, "500", "/v1/coupons", count=9)
        assert headline(ada.press("accept")) == "We are setting this up"
        tab = Leaving(diary, ada.someone)
        assert headline(tab.press("cancel")) == CANCELLED
        diary.sandbox.state.api_faults.waiting.clear()
        diary.worker_down = False
        diary.deliver_held()
        diary.until("2026-03-12T10:00:00")
        assert ada.subscription["cancel_at"] == MONTHS_END
        assert [g.state for g in ada.grants()] == ["failed"]
        assert booked(diary) == {"free": (0, 0)}
        assert [c.outcome for c in diary.cases()] == ["cancelled"]
