"""Whether anything may leave at all, and how often it does."""

import pytest
import stripe

from app.core.db import Database
from tests.scenarios.diary import open_diary

pytestmark = pytest.mark.same_on_both

HARD = "payment_failed_new_method"


def test_the_kill_switch_stops_mails_and_charges_at_once(database: Database) -> None:
    """Edge case 55."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        diary.failing("lost_card", email="ben@example.com")
        diary.until("2026-04-01T12:00:00")
        assert len(diary.sent()) == 2
        diary.until("2026-04-03T12:00:00")
        page = diary.open_card_page()
        diary.pause()
        diary.enter_card(page)
        diary.until("2026-04-04T12:00:00")
        assert diary.visits() == ["charging"]
        assert len(diary.sent()) == 2
        assert [diary.attempts(diary.newest_invoice(ada))] == [1]

        diary.resume()
        assert diary.visits() == ["paid"]
        assert sorted(c.outcome or "open" for c in diary.cases()) == ["open", "recovered"]
        assert sorted(diary.sent()[2:]) == [("04-04", HARD), ("04-04", "payment_recovered")]


def test_after_a_long_pause_only_what_is_still_timely_leaves(database: Database) -> None:
    """Edge cases 17, 55."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        diary.until("2026-04-03T19:00:00")
        diary.pause()
        diary.sandbox.heal(ada.payment_method)
        diary.merchant.invoices.pay(diary.newest_invoice(ada))  # the thank-you is for the next morning
        diary.failing("lost_card", email="ben@example.com", start="2026-03-04T10:00:00")
        diary.until("2026-04-08T09:00:00")
        diary.resume()
        diary.until("2026-04-10T10:00:00")
        assert diary.sent() == [("04-01", HARD), ("04-08", HARD)]
        thanks = next(m for m in diary.mails() if m.name == "payment_recovered")
        assert thanks.state == "cancelled"
        assert thanks.error == "it was due 4 days ago, and nothing older than 24 h is sent"


def test_what_a_pause_has_kept_back_does_not_leave_at_night(database: Database) -> None:
    """Edge case 37."""
    with open_diary(database) as diary:
        ada = diary.failing("lost_card")
        diary.until("2026-04-02T12:00:00")
        diary.pause()
        diary.sandbox.heal(ada.payment_method)
        diary.merchant.invoices.pay(diary.newest_invoice(ada))
        diary.until("2026-04-03T08:58:00")
        diary.resume()
        assert [m.state for m in diary.mails()] == ["sent", "queued"]
        diary.until("2026-04-03T09:01:00")
        assert diary.sent()[1:] == [("04-03", "payment_recovered")]


def test_in_shadow_mode_everything_is_decided_and_nothing_leaves(database: Database) -> None:
    with open_diary(database, sending="shadow") as diary:
        diary.failing("lost_card")
        diary.until("2026-04-20T10:00:00")
        assert diary.case().outcome == "lost"
        assert diary.case().contacts == 4
        assert [(m.name, m.withheld) for m in diary.mails()] == [(HARD, "shadow")] * 4 + [
            ("payment_ended", "shadow")
        ]
        assert diary.says("was decided and recorded, but not sent (shadow)")
        assert diary.mailbox.mails == []


def test_with_an_allowlist_only_those_on_it_get_mails(database: Database) -> None:
    with open_diary(database, sending="allowlist:@staff.example,ben@example.com") as diary:
        for email in ("ada@example.com", "ben@example.com", "cleo@staff.example"):
            diary.failing("lost_card", email=email)
        diary.until("2026-04-02T10:00:00")
        assert sorted(str(m["to"]) for m in diary.mailbox.mails) == ["ben@example.com", "cleo@staff.example"]


def test_two_workers_at_the_same_time_send_each_mail_once(database: Database) -> None:
    """Edge case 10."""
    if database.is_sqlite:
        pytest.skip("on SQLite one process holds the worker lock")
    with open_diary(database) as diary:
        for number in range(6):
            diary.failing("lost_card", email=f"reader{number}@example.com")
        diary.worker_down = True
        diary.until("2026-04-01T11:30:00")
        diary.tick_together(4)
        # A mail waits a minute where another worker still has an event of its customer in hand.
        diary.worker_down = False
        diary.until("2026-04-01T11:35:00")
        assert len(diary.cases()) == 6
        assert sorted(str(m["to"]) for m in diary.mailbox.mails) == [
            f"reader{number}@example.com" for number in range(6)
        ]
        assert {s.state for s in diary.steps() if s.key == "1:0"} == {"done"}


def test_one_person_gets_at_most_one_reminder_in_twenty_hours(database: Database) -> None:
    """Edge case 17: thank-you mails neither wait nor count."""
    with open_diary(database) as diary:
        ada = diary.failing("insufficient_funds")
        diary.until("2026-04-06T15:00:00")
        assert [f"{m.settled_at:%m-%d %H:%M}" for m in diary.mails()] == ["04-06 11:00"]

        # Tried by hand, now declined for good: the plan is another, but the last mail is four hours old.
        diary.sandbox.decline(ada.payment_method, "stolen_card")
        with pytest.raises(stripe.CardError):
            diary.merchant.invoices.pay(diary.newest_invoice(ada))
        diary.tick()
        assert diary.case().category == "hard"
        assert len(diary.sent()) == 1
        assert diary.says("the last mail went 4 h ago, and one in 20 h is enough")

        diary.until("2026-04-07T09:30:00")
        assert [f"{m.settled_at:%m-%d %H:%M}" for m in diary.mails()] == ["04-06 11:00", "04-07 09:00"]
        diary.enter_card(diary.open_card_page())
        assert diary.sent()[2:] == [("04-07", "payment_recovered")]
