"""Who presses again, presses back, changes their mind, or has two tabs open: the page never says what is not so."""

import pytest

from app.core.db import Database
from tests.scenarios.diary import open_diary, unix
from tests.scenarios.leaving import FREE_MONTH, PAUSE, Leaving, headline, offering

MONTHS_END = unix("2026-04-01T10:00:00")
TWO = offering({"free": FREE_MONTH, "pause": PAUSE}, {"too_expensive": ["free"], "temporary": ["pause"]})


def test_who_cancels_takes_it_back_and_cancels_again_at_once_is_cancelled(database: Database) -> None:
    """Edge case 33: the page says "cancelled" only if the provider shows it."""
    with open_diary(database, start="2026-03-10T10:00:00") as diary:
        ada = Leaving(diary, diary.subscriber())
        diary.worker_down = True
        ada.press("cancel")
        assert headline(ada.press("undo")) == "It is taken back"
        assert ada.subscription["cancel_at"] is None
        assert headline(ada.press("cancel")) == "Your subscription is cancelled"
        assert ada.subscription["cancel_at"] == MONTHS_END
        diary.worker_down = False
        diary.tick()
        assert ada.subscription["cancel_at"] == MONTHS_END
        assert sorted(str(c.outcome) for c in diary.cases()) == ["cancelled", "undone"]


@pytest.mark.parametrize("settled", [False, True])
def test_who_presses_cancel_again_on_a_page_that_was_left_open_gets_no_second_mail(
    database: Database, settled: bool
) -> None:
    """Edge case 34, also when the worker has settled the first press, and from the page of before it."""
    with open_diary(database, start="2026-03-10T10:00:00") as diary:
        ada = Leaving(diary, diary.subscriber())
        ada.press("cancel")
        if settled:
            diary.tick()
        assert headline(ada.press("cancel")) == "Your subscription is cancelled"
        ada.at = ada.path
        assert headline(ada.press("cancel")) == "Your subscription is cancelled"
        diary.tick()
        assert [name for _, name in diary.sent()] == ["subscription_cancelled"]
        assert [c.outcome for c in diary.cases()] == ["cancelled"]


def test_an_offer_that_fails_for_good_leaves_cancelling_one_press_away(database: Database) -> None:
    """Edge case 17."""
    with open_diary(database, start="2026-03-10T10:00:00", config=TWO) as diary:
        ada = Leaving(diary, diary.subscriber())
        ada.press("answer", reason="too_expensive")
        ada.press("permit")
        diary.merchant.subscriptions.cancel(ada.someone.subscription, {"prorate": False})
        diary.lose_held()
        page = ada.press("accept")
        assert headline(page) == "We could not apply it"


def test_a_second_offer_in_another_tab_waits_until_the_first_is_in_place(database: Database) -> None:
    with open_diary(database, start="2026-03-10T10:00:00", config=TWO) as diary:
        ada = Leaving(diary, diary.subscriber(country="FR"))
        diary.worker_down = True
        ada.press("answer", reason="too_expensive")
        diary.sandbox.control("POST", "api/faults", {"kind": "500", "path": "/v1/coupons", "count": 9})
        print(headline(ada.press("accept")), [g.state for g in ada.grants()])
        second = Leaving(diary, ada.someone)
        second.press("answer", reason="temporary")
        print(headline(second.look()))
        print(second.post("accept").status_code)
        print([(g.offer, g.state) for g in second.grants()])
